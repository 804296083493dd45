"""The vocabulary of the protocol's tests: a relying party with a parent's browser."""

import base64
import hashlib
import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from idp import clock as time
from idp.accounts import passwords, sessions
from idp.accounts.models import Account
from idp.db import db
from idp.oidc import jwt, session_state
from idp.relying_parties import resource_servers, service
from idp.settings import Protocol, Settings

ISSUER = "http://127.0.0.1:8000"
REDIRECT_URI = "https://portail.example.fr/retour"
LOGOUT_URI = "https://portail.example.fr/au-revoir"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SECRET = "s" * 43
PASSWORD = "Lilas2026"


class RelyingParty:
    """A registered client and the browser of a parent, logged in or not."""

    def __init__(self, app: Flask, client_id: str = "portail") -> None:
        self.app = app
        self.client_id = client_id
        self.browser = Client(app, TestResponse)
        self.account_id = ""

    def log_in(self, **facts: Any) -> None:
        """A session as the login page opens it; `facts` are columns of the account."""
        with self.app.app_context():
            account = db.session.get(Account, self.account_id) or self._new_account()
            for name, value in facts.items():
                setattr(account, name, value)
            cookie = sessions.open(account, self.app.config["IDP"].sessions)
            self.account_id = account.id
            db.session.commit()
        self.browser.set_cookie("idp_session", cookie)
        self.browser.set_cookie("idp_state", session_state.browser_state(sessions.digest(cookie)))

    def _new_account(self) -> Account:
        now = time.now()
        account = Account(
            identifiant=f"c.martin{db.session.query(Account).count() + 1}",
            family_name="Martin",
            first_name="Claire",
            email="claire@example.fr",
            created_at=now,
            updated_at=now,
        )
        db.session.add(account)
        db.session.flush()
        return account

    def logs_in_at(self, location: str) -> TestResponse:
        """Type identifiant and password into the login page; gives what the endpoint answers then."""
        if not self.account_id:
            password_hash = passwords.hash(PASSWORD, self.app.config["IDP"].passwords)
            self.log_in(password_hash=password_hash, email_verified_at=time.now())
            self.browser.delete_cookie("idp_session")
        form = {"csrf_token": hidden(self.browser.get(location).text, "csrf_token")}
        form |= {"identifiant": "c.martin1", "mot_de_passe": PASSWORD}
        return self.browser.get(self.browser.post(location.partition("?")[0], data=form).location)

    def cancels_at(self, location: str) -> TestResponse:
        """Press «Annuler» on the page."""
        link = re.search(r'id="annuler" href="([^"]+)"', self.browser.get(location).text)
        assert link
        return self.browser.get(html.unescape(link[1]))

    def agrees_at(self, response: TestResponse) -> TestResponse:
        """Press «Autoriser» on the consent page."""
        page = self.browser.get(response.location).text
        action = re.search(r'id="consent-form" method="post" action="([^"]+)"', page)
        assert action
        form = {"csrf_token": hidden(page, "csrf_token"), "choix": "oui"}
        return self.browser.post(html.unescape(action[1]), data=form)

    def authorize(self, **changes: str) -> TestResponse:
        """A valid authorization request with some things changed; an empty value leaves the parameter out."""
        return self.browser.get("/authorize?" + urlencode(self.request_parameters(**changes)))

    def request_parameters(self, **changes: str) -> dict[str, str]:
        """The parameters of such a request."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "state": "état-~._",
            "nonce": "n" * 64,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value}

    def code(self, **changes: str) -> str:
        return answer_of(self.authorize(**changes))["code"]

    def post(
        self, path: str, form: dict[str, str] | str, *, secret: str = SECRET, headers: dict[str, str] | None = None
    ) -> TestResponse:
        """A form, as a dictionary or as it goes over the wire, with the client's secret."""
        credentials = base64.b64encode(f"{self.client_id}:{secret}".encode()).decode()
        authorization = {"Authorization": f"Basic {credentials}", **(headers or {})}
        return self.browser.post(
            path, data=form, content_type="application/x-www-form-urlencoded", headers=authorization
        )

    def code_form(self, code: str, **changes: str) -> dict[str, str]:
        """What redeems the code; an empty value leaves the parameter out."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form |= {"code_verifier": VERIFIER, **changes}
        return {name: value for name, value in form.items() if value}

    def redeem(self, code: str, **changes: str) -> TestResponse:
        return self.post("/token", self.code_form(code, **changes))

    def refresh(self, token: str, **changes: str) -> TestResponse:
        return self.post("/token", {"grant_type": "refresh_token", "refresh_token": token, **changes})

    def userinfo(self, token: str) -> TestResponse:
        return self.browser.get("/userinfo", headers={"Authorization": f"Bearer {token}"})


def answer_of(response: TestResponse, mode: str = "query", *, signed: bool = False) -> dict[str, str]:
    """The parameters sent back to the client, in that mode and no other; `iss` among them (RFC 9207) or signed."""
    if mode == "form_post":
        fields = posted_form(response.text)
    else:
        assert response.status_code == 303, response.text
        assert response.location.startswith(REDIRECT_URI + ("?" if mode == "query" else "#"))
        parts = urlsplit(response.location)
        fields = {name: values[0] for name, values in parse_qs(getattr(parts, mode)).items()}
        assert mode == "query" or not parts.query
    assert signed or fields["iss"] == ISSUER
    return fields


def hidden(page: str, name: str) -> str:
    """The value of a page's hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def error_on_page(response: TestResponse) -> str:
    """The code on an error page of ours, which never redirects."""
    assert response.status_code == 400, response.text
    assert "Location" not in response.headers
    found = re.search(r'id="error-page" data-error="([^"]+)"', response.text)
    assert found
    return found[1]


def identity_of(party: RelyingParty, token: str) -> dict[str, Any]:
    """Claims of an ID token that the JWKS verifies."""
    return jwt.verify(token, party.browser.get("/jwks").json["keys"])[1]  # type: ignore[index]


def left_half(value: str, alg: str = "RS256") -> str:
    """The hash of OpenID Connect Core §3.1.3.6."""
    whole = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(value.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()


def posted_form(page: str) -> dict[str, str]:
    """What the page's form sends to the redirect URI."""
    assert re.search(rf'<form id="form-post" method="post" action="{re.escape(REDIRECT_URI)}">', page)
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in fields}


@pytest.fixture
def settings(settings: Settings, protocol: dict[str, Any]) -> Settings:
    return msgspec.structs.replace(settings, protocol=Protocol(**protocol))


@pytest.fixture
def protocol(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The `[protocol]` settings of the test."""
    return getattr(request, "param", {})


@pytest.fixture
def register(app: Flask) -> Callable[..., RelyingParty]:
    def add(
        client_id: str, *, first_party: bool = True, scope: str = "", demo: bool = False, **metadata: Any
    ) -> RelyingParty:
        whole = {
            "redirect_uris": [REDIRECT_URI],
            "post_logout_redirect_uris": [LOGOUT_URI],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            **metadata,
        }
        with app.app_context():
            scope = scope or "openid profile email phone address eleves offline_access"
            rights = {"scope": scope, "first_party": first_party, "secret": SECRET, "demo": demo}
            service.register(client_id, "Le Portail", whole, **rights)
            db.session.commit()
        return RelyingParty(app, client_id)

    return add


FRONT_CHANNEL = pytest.mark.parametrize("protocol", [{"front_channel_tokens": True}], indirect=True)
"""Implicit and hybrid response types are on."""


@pytest.fixture
def register_api(app: Flask) -> Callable[..., None]:
    """An API of somebody else, with the scopes that are its own."""

    def add(identifier: str, *scopes: str) -> None:
        with app.app_context():
            resource_servers.register(identifier, "API", scopes)
            db.session.commit()

    return add


@pytest.fixture
def portal(register: Callable[..., RelyingParty]) -> RelyingParty:
    """The ministry's portal: no consent; nobody logged in yet."""
    return register("portail")
