"""The provider and FranceConnect's stand-in, answering on one machine, for a real Chromium."""

import datetime as dt
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server

from idp import clock
from idp.app import create_app
from idp.db import db
from idp.delivery.models import Message
from idp.franceconnect.authorization import CALLBACK
from idp.franceconnect.logins import UpstreamLogins
from idp.franceconnect.watch import Watch
from idp.limits import Counter
from idp.registry import names
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School
from idp.settings import build
from tests.franceconnect.upstream import ID, SECRET, Simulator
from tests.made_once import SqliteTemplate

ALEXIS_AND_CAMILLE = {"Alexis": dt.date(2017, 3, 14), "Camille": dt.date(2014, 6, 22)}
MOBILE = "06 39 98 12 34"


@dataclass(frozen=True)
class Site:
    """A running provider, with FranceConnect beside it."""

    app: Flask
    url: str
    simulator: Simulator

    def add_adult(
        self, name: str, mobile: str, children: Mapping[str, dt.date], *, usage_name: str = "", civility: str = ""
    ) -> None:
        """A responsable, «Valéry DURANT», and the children of that adult alone."""
        first_name, _, family_name = name.partition(" ")
        with self.app.app_context():
            adult = Responsable(
                uai="0590001A", civility=civility, family_name=family_name, usage_name=usage_name,
                first_name=first_name, mobile=mobile, family_key=names.key(family_name),
                usage_key=names.key(usage_name), first_key=names.key(first_name),
            )  # fmt: skip
            db.session.add(adult)
            for child, birth_on in children.items():
                pupil = Pupil(
                    family_name=family_name, first_name=child, birth_on=birth_on,
                    family_key=names.key(family_name), first_key=names.key(child),
                )  # fmt: skip
                db.session.add(pupil)
                db.session.flush()
                db.session.add(Enrolment(uai="0590001A", pupil_id=pupil.id, class_label="CE2", school_year=2025))
                db.session.add(Link(responsable_id=adult.id, pupil_id=pupil.id))
            db.session.commit()

    def last_code(self) -> str:
        with self.app.app_context():
            sent = select(Message).where(Message.channel == "sms").order_by(Message.id.desc())
            return str(db.session.scalars(sent).all()[0].content["text"])[-6:]

    def a_minute_goes_by(self) -> None:
        """For the worker, which looks once in it."""
        with self.app.app_context():
            db.session.execute(update(Counter).values(ends_at=clock.now()))
            db.session.commit()

    def is_looked_at(self) -> None:
        """What the worker does every minute."""
        settings = self.app.config["IDP"]
        logins = UpstreamLogins(settings, lambda alg, client_id, audience: "")
        with self.app.app_context():
            Watch(logins, self.url + CALLBACK, threading.Event()).look()


@contextmanager
def serve(folder: Path, port: int, simulator: Simulator, key_files: Path, template: SqliteTemplate) -> Iterator[Site]:
    url = f"http://127.0.0.1:{port}"
    shutil.copytree(key_files, folder / "keys")
    settings = build(
        {
            "server": {"demo": True, "issuer": url},
            "database": {"url": template.copy(folder), "synchronous": "NORMAL"},
            "keys": {"directory": str(folder / "keys")},
            "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
            "franceconnect": {"issuer": simulator.issuer, "client_id": ID, "client_secret": SECRET},
            "contact": {"name": "Assistance de l’académie", "phone": "01 99 00 59 00"},
        }
    )
    app = create_app(settings)
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
        db.session.commit()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Site(app, url, simulator)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        app.extensions["idp"].hot.close()


class Walk:
    """One window and the person in front of it."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page, self.site = page, site

    def opens_login(self) -> "Walk":
        self.page.goto(f"{self.site.url}/connexion")
        return self

    def presses(self) -> "Walk":
        self.page.get_by_role("button", name="S’identifier avec FranceConnect").click()
        return self

    def signs_in(self, login: str = "valery.durant", provider: str = "demo-impots") -> "Walk":
        """At FranceConnect: identity provider, name and password, what is told to us."""
        self.page.locator(f"#idp-{provider}").click()
        self.page.get_by_label("Identifiant").fill(login)
        self.page.get_by_label("Mot de passe").fill("123")
        self.page.get_by_role("button", name="Valider").click()
        return self.agrees()

    def agrees(self) -> "Walk":
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Continuer").click()
        return self

    def comes_by_franceconnect(self, login: str = "valery.durant", provider: str = "demo-impots") -> "Walk":
        return self.opens_login().presses().signs_in(login, provider)

    def gives_mobile(self, mobile: str = MOBILE) -> "Walk":
        self.page.get_by_label("Numéro de téléphone mobile").fill(mobile)
        self.page.get_by_role("button", name="C’est moi, continuer").click()
        return self

    def types_code(self) -> "Walk":
        expect(self.page.get_by_label("Code de validation")).to_be_visible()
        self.page.get_by_label("Code de validation").fill(self.site.last_code())
        self.page.get_by_role("button", name="Valider").click()
        return self

    def types_dates(self, children: Mapping[str, dt.date] = ALEXIS_AND_CAMILLE) -> "Walk":
        for first_name, day in children.items():
            child = self.page.get_by_role("group", name=first_name)
            child.get_by_label("Jour").fill(str(day.day))
            child.get_by_label("Mois").fill(str(day.month))
            child.get_by_label("Année").fill(str(day.year))
        self.page.get_by_role("button", name="Continuer").click()
        return self

    def sees_heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", name=words).first).to_be_visible()

    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def is_logged_in(self) -> None:
        self.page.goto(f"{self.site.url}/compte")
        expect(self.page.get_by_role("navigation", name="Mon compte")).to_be_visible()

    def logs_in(self, identifiant: str, password: str) -> None:
        """In the login form that is shown."""
        self.page.get_by_label("Identifiant", exact=True).fill(identifiant)
        self.page.get_by_label("Mot de passe", exact=True).fill(password)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Se connecter", exact=True).click()
