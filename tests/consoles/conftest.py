"""The vocabulary of the consoles' tests: colleagues in front of their browsers."""

import datetime as dt
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.db import db
from idp.registry.models import School
from idp.settings import Settings
from idp.staff import invitations, service, totp
from idp.staff.models import StaffAccount
from tests.journeys.conftest import (  # noqa: F401
    add_father,
    add_second_school,
    add_zoe,
    another_browser,
    family,
    parent,
    print_letters,
    reader,
)

PASSWORD = "Rentree2017-staff"
SECRET = "JBSWY3DPEHPK3PXP"
SCHOOL, ELSEWHERE = "0590001A", "0130003C"
"""One in the académie of Lille, one in that of Aix-Marseille."""


def code_at(secret: str, instant: dt.datetime) -> str:
    """What an authenticator application shows then."""
    return totp.code_of(secret, int(instant.timestamp()) // totp.STEP_SECONDS)


def secret_on(page: "Colleague") -> str:
    """The secret that the page of an application shows."""
    found = re.search(r'id="totp-cle">([A-Z2-7 ]+)<', page.text)
    assert found is not None
    return found.group(1).replace(" ", "")


class Colleague:
    """Somebody who works here, and a browser."""

    def __init__(self, app: Flask, clock: Any, login: str = "directrice") -> None:
        self.app, self.clock, self.login = app, clock, login
        self.browser = app.test_client()
        self.page: TestResponse | None = None

    @property
    def text(self) -> str:
        assert self.page is not None
        return unescape(self.page.text)

    @property
    def status(self) -> int:
        assert self.page is not None
        return self.page.status_code

    @property
    def path(self) -> str:
        assert self.page is not None
        return self.page.request.path

    def sees(self, words: str) -> bool:
        return words in self.text

    def opens(self, path: str) -> "Colleague":
        self.page = self.browser.get(path, follow_redirects=True)
        return self

    def token(self) -> str:
        if self.page is None or 'name="csrf_token"' not in self.text:
            self.browser.get("/gestion/connexion")
            self.page = self.browser.get("/gestion/connexion", follow_redirects=True)
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.text)
        return found.group(1) if found else ""

    def sends(self, path: str, data: dict[str, Any] | None = None, **fields: str) -> "Colleague":
        form = {"csrf_token": self.token(), **fields, **(data or {})}
        self.page = self.browser.post(path, data=form, follow_redirects=True)
        return self

    def action(self, pattern: str) -> str:
        """The address of the page's form that has this in it."""
        found = re.search(rf'action="([^"]*{pattern})"', self.text)
        assert found is not None, self.text
        return found.group(1)

    def code(self) -> str:
        """What the application shows, a code that was not used yet."""
        self.clock.advance(seconds=30)
        return code_at(SECRET, self.clock.instant)

    def gives_password(self, password: str = PASSWORD, path: str = "/gestion/connexion") -> "Colleague":
        self.opens(path)
        assert self.page is not None
        return self.sends(self.page.request.full_path, identifiant=self.login, mot_de_passe=password)

    def gives_code(self, code: str | None = None) -> "Colleague":
        assert self.page is not None
        return self.sends(self.page.request.full_path, code=self.code() if code is None else code)

    def logs_in(self, path: str = "/gestion") -> "Colleague":
        return self.gives_password(path=path).gives_code()


@pytest.fixture
def schools(app: Flask, family: list[str]) -> None:
    """Beside the family's school, one in another académie."""
    with app.app_context():
        db.session.add(School(uai=ELSEWHERE, name="École du Vieux-Port", commune="Marseille"))
        db.session.commit()


Hire = Callable[..., Colleague]


@pytest.fixture
def hire(app: Flask, clock: Any, schools: None, settings: Settings) -> Hire:
    """Makes a colleague with a password and an authenticator application."""

    def make(login: str, role: str, **border: Any) -> Colleague:
        with app.app_context():
            staff = service.add(login, f"Collègue {login}", role, by="test", **border)  # type: ignore[arg-type]
            staff.password_hash = service.hash_password(PASSWORD, settings.passwords)
            staff.totp = {"secret": SECRET}
            db.session.commit()
        return Colleague(app, clock, login)

    return make


@pytest.fixture
def head(hire: Hire) -> Colleague:
    """The head of the family's school, not logged in."""
    return hire("directrice", "school_head", uais=[SCHOOL])


@pytest.fixture
def support(hire: Hire) -> Colleague:
    return hire("assistance", "support", academie="Lille")


@pytest.fixture
def administrator(hire: Hire) -> Colleague:
    return hire("administrateur", "administrator")


@pytest.fixture
def invite(app: Flask, schools: None, settings: Settings) -> Callable[..., str]:
    """The path of a link; `purpose` is account, password or factor."""

    def make(login: str = "nouvelle", purpose: invitations.Purpose = "account") -> str:
        with app.app_context():
            staff = db.session.scalar(db.select(StaffAccount).filter_by(login=login)) or service.add(
                login, "Mme Nouvelle", "school_head", uais=[SCHOOL], by="test"
            )
            token = invitations.make(staff, purpose, settings.staff, by="test")
            db.session.commit()
        return f"/gestion/invitation/{token}"

    return make


@pytest.fixture
def director(head: Colleague) -> Colleague:
    """The head, logged in."""
    return head.logs_in()
