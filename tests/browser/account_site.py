"""The provider alone, answering on localhost, with a family whose mother has two accounts."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.flows.desk import Desk
from idp.provider import keys
from idp.registry.models import School
from idp.settings import build
from tests.journeys.conftest import BIRTH_DATES, PASSWORD, add_child, add_responsable
from tests.journeys.merger import add_account

WINDOWS = pytest.mark.parametrize(
    ("javascript", "width"), [(True, 1280), (False, 320)], ids=["wide-with-javascript", "narrow-without-javascript"]
)


@dataclass(frozen=True)
class Site:
    """A running provider; its issuer has a name, as passkeys need it."""

    app: Flask
    url: str


@contextmanager
def serve(folder: Path, port: int) -> Iterator[Site]:
    url = f"http://localhost:{port}"
    settings = build(
        {
            "server": {"demo": True, "issuer": url},
            "database": {"url": f"sqlite:///{folder}/idp.db", "synchronous": "NORMAL"},
            "keys": {"directory": str(folder / "keys")},
            "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        }
    )
    keys.generate(folder / "keys")
    app = create_app(settings)
    upgrade(app)
    _add_family(app)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Site(app, url)
    finally:
        server.shutdown()
        thread.join()
        app.extensions["idp"].hot.close()


def _add_family(app: Flask) -> None:
    """v.durant1 with Alexis and Camille, v.durant2 with Zoé."""
    with app.app_context():
        db.session.add(School(uai="0590001A", name="École primaire publique Roger Salengro"))
        db.session.flush()
        mother = add_responsable()
        for first_name, birth_on in BIRTH_DATES.items():
            add_child(mother, first_name, birth_on)
        accounts.create([mother], password_hash=passwords.hash(PASSWORD, app.config["IDP"].passwords))
        db.session.commit()
    add_account(app)


def window(browser: Browser, javascript: bool, width: int) -> Page:
    """A page of a browser that nobody used yet."""
    size = {"width": width, "height": 800}
    return browser.new_context(java_script_enabled=javascript, locale="fr-FR", viewport=size).new_page()  # type: ignore[arg-type]


def last_link(site: Site, address: str) -> str:
    """The link of the newest mail to an address, once the worker did what waited for it."""
    with site.app.app_context():
        for taken in outbox.take([outbox.LATER], batch=100, lease_seconds=60):
            Desk().send(taken)
            outbox.mark_sent(taken, "")
        db.session.commit()
        query = select(Message).where(Message.channel == "mail", Message.recipient == address)
        mail = db.session.scalars(query.order_by(Message.id.desc())).first()
        assert mail is not None
        found = re.search(r"http://\S+", mail.content["text"])
        assert found is not None
        return found.group()


def logs_in(page: Page, site: Site, identifiant: str, password: str) -> None:
    page.goto(f"{site.url}/connexion")
    page.get_by_label("Identifiant", exact=True).fill(identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter", exact=True).click()
