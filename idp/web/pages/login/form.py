"""The login form in front of Flask: a right password at which nothing more is asked (PERFORMANCE rule 1)."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from idp.accounts import login
from idp.db import conflicts
from idp.flows import entrance
from idp.flows.ends import Ends, Found
from idp.oidc.errors import ProtocolError
from idp.oidc.request import parse
from idp.web import address_limits, security
from idp.web.catalogue import language_of
from idp.web.dispatch import Endpoint
from idp.web.http import FORM, HttpAnswer, HttpRequest
from idp.web.pages.frame import way_out

LONGEST = 8192
"""Bytes of a form that a person filled in."""
FIELDS = {security.TOKEN_FIELD, "identifiant", "mot_de_passe"}


class LoginForm:
    """Checks a form that came from this browser's own page; whatever is unusual is left to Flask."""

    def __init__(self, app: Flask, services: Any) -> None:
        self._app, self._hot, self._ends = app, services.hot, Ends(services.hot)
        self._settings = services.settings
        self._issuer = services.settings.server.issuer
        self._origin = security.origin_of(self._issuer)
        self._cookies = [security.cookie_name(name, self._issuer) for name in (security.BROWSER, security.SESSION)]

    def submit(self, http: HttpRequest) -> HttpAnswer | None:
        """A new session, and the way out. None where Flask must answer; it is told what the check found."""
        browser, session = map(http.cookie, self._cookies)
        typed = None if http.query or session else self._typed(http, browser)
        flow = self._ends.look(http.path.rpartition("/")[2], browser) if typed else None
        if typed is None or flow is None or flow.request is None or flow.ended_at is not None:
            return None
        if not address_limits.count(http.address, self._settings.limits):
            return None
        try:
            cookie = self._enter(http, flow, typed)
        except Exception as error:
            # A transaction that lost against another is done again there, as any other page's.
            http.decided = None if conflicts.is_conflict(error) else error
            return None
        if cookie is None:
            return None
        headers = security.session_cookies(cookie, self._issuer)
        return HttpAnswer.redirect(way_out(flow), [("Set-Cookie", header) for header in headers])

    def _enter(self, http: HttpRequest, flow: Found, typed: Mapping[str, str]) -> str | None:
        """The cookie of a new session; None where the account asks for more."""
        with self._app.app_context():
            passed = login.check(typed["identifiant"], typed["mot_de_passe"], http.address, self._hot, self._settings)
        language = language_of(http, self._settings.site.languages)
        words = {"language": language, "user_agent": http.header("User-Agent")}
        cookie = entrance.open(passed, flow.id, self._hot, self._settings.sessions, **words)
        if cookie is None:
            http.decided = passed
        return cookie

    def _typed(self, http: HttpRequest, browser: str) -> Mapping[str, str] | None:
        """What was typed into this browser's own page."""
        length = str(http.environ.get("CONTENT_LENGTH", ""))
        if http.content_type != FORM or not length.isdecimal() or int(length) > LONGEST:
            return None
        origin, site = http.environ.get("HTTP_ORIGIN"), http.header("Sec-Fetch-Site")
        if not security.is_browser_secret(browser) or security.is_foreign(origin, site, self._origin):
            return None
        try:
            parameters = parse(http.body)
        except ProtocolError:
            return None
        typed = parameters.values
        if parameters.defects or typed.keys() != FIELDS or len(typed["identifiant"]) > login.LONGEST_TYPED:
            return None
        return typed if security.is_token_of(browser, typed[security.TOKEN_FIELD]) else None


def register(app: Flask) -> dict[tuple[str, str], Endpoint]:
    """What is answered in front of Flask."""
    return {("POST", "/connexion/*"): LoginForm(app, app.extensions["idp"]).submit}
