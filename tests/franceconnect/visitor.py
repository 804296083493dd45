"""A parent whose browser goes to FranceConnect and comes back, and what is kept about it."""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from idp import clock
from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.db import db
from tests.franceconnect.upstream import Person
from tests.journeys import conftest as journeys
from tests.journeys.conftest import Parent


class Visitor(Parent):
    """A parent whose browser goes to FranceConnect and comes back."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.person = Person()

    def presses(
        self, login: str = "valery.durant", path: str = "/connexion", *, upstream: str = "franceconnect"
    ) -> "Visitor":
        """The button, the sign-in there, the way back."""
        self.opens(path)
        return self.follows(self.presses_only(upstream), login)

    def presses_only(self, upstream: str = "franceconnect") -> str:
        """The button; where the browser is sent."""
        form = {"csrf_token": self.token(), "fournisseur": upstream}
        if 'value="mot-de-passe"' in self.text:
            form["pour"] = "mot-de-passe"
        action = re.search(r'action="(/franceconnect/[0-9a-f]{32})"', self.text)
        assert action is not None, self.text
        answer = self.browser.post(action.group(1), data=form)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def follows(self, location: str, login: str = "valery.durant") -> "Visitor":
        """Sign in at FranceConnect and open the callback; what comes then stays inside our pages."""
        return self.comes_back(self.callback_of(location, login))

    def callback_of(self, location: str, login: str = "valery.durant", **changes: str) -> str:
        """Sign in at FranceConnect; the path of the callback, with parameters changed (or left out, if empty)."""
        given = dict(self.person.goes(location, login).params) | changes
        return "/franceconnect/retour?" + urlencode({name: value for name, value in given.items() if value})

    def comes_back(self, path: str) -> "Visitor":
        page = self.browser.get(path)
        while page.status_code == 303 and not urlsplit(page.location).netloc:
            page = self.browser.get(page.location)
        if page.status_code == 303 and "/authorize" in page.location:
            return self.follows(page.location)
        self.page = page
        return self

    def same_browser(self) -> FlaskClient:
        """A second window of this browser: the same cookies."""
        window = self.app.test_client()
        for cookie in self.browser._cookies.values():  # type: ignore[attr-defined]
            window.set_cookie(cookie.key, cookie.value, path=cookie.path)
        return window

    @property
    def is_logged_in(self) -> bool:
        return self.browser.get_cookie("idp_session") is not None

    def gives_mobile(self, mobile: str = journeys.MOBILE) -> "Visitor":
        return self._sends("identite", mobile=mobile)

    def types_code(self, code: str | None = None) -> "Visitor":
        return self._sends("code", code=code or self.last_code())

    def types_dates(self) -> "Visitor":
        return self._sends("dates", **self.typed_dates(journeys.BIRTH_DATES))

    def _sends(self, step: str, **fields: str) -> "Visitor":
        form = {"csrf_token": self.token(), **fields}
        page = self.browser.post(f"/franceconnect/{self.flow_id}/{step}", data=form)
        while page.status_code == 303 and not urlsplit(page.location).netloc:
            page = self.browser.get(page.location)
        self.page = page
        return self

    def registers(self) -> "Visitor":
        self.presses()
        return self.gives_mobile().types_code().types_dates()


def link_form(visitor: Visitor, upstream: str = "franceconnect") -> str:
    """«Lier» in «Mon compte»; where the browser is sent."""
    visitor.opens("/franceconnect/compte")
    form = {"csrf_token": visitor.token(), "fournisseur": upstream}
    return str(visitor.browser.post("/franceconnect/compte/lier", data=form).location)


def accounts(app: Flask) -> list[Account]:
    with app.app_context():
        return list(db.session.scalars(select(Account)))


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def events(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(AuditEntry.event)))


def add_twin(password_hash: str | None = None) -> Account:
    """An account of somebody of the same name, v.durant9, without a responsable."""
    now = clock.now()
    twin = Account(
        identifiant="v.durant9", family_name="DURANT", first_name="Valéry", password_hash=password_hash,
        created_at=now, updated_at=now,
    )  # fmt: skip
    db.session.add(twin)
    db.session.flush()
    return twin
