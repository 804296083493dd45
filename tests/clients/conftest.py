"""A small provider on loopback, real HTTP, and parents who log in to the portal and the viewer through it."""

import hashlib
import json
import re
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from clients import clock
from clients.config import Config, Listen, ProviderConfig
from clients.login import Login
from clients.lsu.app import create_lsu
from clients.lsu.config import LsuConfig
from clients.portal.app import create_portal
from clients.portal.config import PortalConfig
from clients.tryit.app import create_tryit

KEY = RSAKey.generate_key(2048, {"kid": "current", "use": "sig", "alg": "RS256"})
SALENGRO = {
    "uai": "0599901S",
    "name": "ECOLE PRIMAIRE PUBLIQUE ROGER SALENGRO",
    "degree": "1",
    "welcome_message": "Bienvenue dans notre établissement.",
}
TILLEULS = {"uai": "0599902T", "name": "COLLEGE LES TROIS TILLEULS", "degree": "2"}


def child(sub: str, given: str, family: str, birthdate: str, school: dict[str, str], class_: str) -> dict[str, Any]:
    names = {"sub": sub, "given_name": given, "family_name": family, "birthdate": birthdate}
    return {**names, "level": class_[:3], "class": class_, "school": school}


ALEXIS = child("c-alexis", "Alexis", "DURAND", "2017-03-14", SALENGRO, "CE2 Mme Hocquet")
CAMILLE = child("c-camille", "Camille", "DURAND", "2014-06-22", TILLEULS, "6A")
MOUSSA = child("c-moussa", "Moussa", "N'DIAYE", "2015-01-27", SALENGRO, "CM1-CM2 M. Wattel")
REPORTS = {
    "id": "lsu",
    "title": "Livret Scolaire (CP - 3e)",
    "description": "Les bilans de votre enfant",
    "initiate_login_uri": "http://127.0.0.1:8002/initiate",
    "target_link_uri": "http://127.0.0.1:8002/",
    "names_child": True,
}
GUIDANCE = {
    "id": "orientation",
    "title": "Orientation",
    "initiate_login_uri": "http://127.0.0.1:8009/initiate",
    "schools": {"degrees": ["2"]},
}
VALERY = {"sub": "valery", "civility": "Mme", "given_name": "Valéry", "family_name": "DURANT"}
FATOUMATA = {"sub": "fatoumata", "civility": "Mme", "given_name": "Fatoumata", "family_name": "SOW"}


class Provider:
    """Answers discovery, keys, token, userinfo and services. A test changes what each says."""

    def __init__(self) -> None:
        self.server = make_server("127.0.0.1", 0, self.answer, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.person: dict[str, Any] = {**VALERY, "eleves": [ALEXIS, CAMILLE]}
        self.metadata: dict[str, Any] = {}
        self.id_token: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "current"}
        self.userinfo: dict[str, Any] = {}
        self.key: Any = KEY
        self.services: Any = {"services": [REPORTS, GUIDANCE]}
        self.services_asked = 0
        self.asked: dict[str, str] = {}
        self.token_requests: list[dict[str, str]] = []
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @Request.application
    def answer(self, request: Request) -> Response:
        return {
            "/.well-known/openid-configuration": self.discovery,
            "/jwks": lambda _: reply({"keys": [KEY.as_dict(private=False)]}),
            "/token": self.token,
            "/services": self.list_services,
            "/userinfo": lambda _: reply({**self.person, **self.userinfo}),
        }[request.path](request)

    def discovery(self, _: Request) -> Response:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        names |= {"jwks_uri": "jwks", "end_session_endpoint": "end_session", "services_endpoint": "services"}
        document = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        flags = {"authorization_response_iss_parameter_supported": True}
        return reply({"issuer": self.issuer, **document, **flags, **self.metadata})

    def list_services(self, _: Request) -> Response:
        self.services_asked += 1
        return reply(self.services) if self.services else Response(status=503)

    def token(self, request: Request) -> Response:
        self.token_requests.append(request.form.to_dict())
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if request.form["grant_type"] == "refresh_token":
            return (
                self.tokens() if request.form["refresh_token"] == "refresh" else reply({"error": "invalid_grant"}, 400)
            )
        verifier = request.form["code_verifier"].encode()
        challenge = urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if scheme != "Basic" or b64decode(credentials) != b"client:secret" or challenge != self.asked["code_challenge"]:
            return reply({"error": "invalid_grant"}, 400)
        return self.tokens()

    def tokens(self) -> Response:
        claims = {"iss": self.issuer, "sub": self.person["sub"], "aud": "client", "nonce": self.asked["nonce"]}
        claims |= {"iat": clock.now(), "exp": clock.now() + 60}
        claims = {name: value for name, value in (claims | self.id_token).items() if value is not None}
        id_token = jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])
        answer = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}
        return reply(answer | ({"refresh_token": "refresh"} if "offline_access" in self.asked["scope"] else {}))

    def authorize(self, address: str, **changes: str | None) -> str:
        """The path and query of the callback, as the browser gets it after a login; None leaves a parameter out."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer: dict[str, str | None] = {"code": "the-code", "state": self.asked["state"], "iss": self.issuer}
        kept = {name: value for name, value in (answer | changes).items() if value is not None}
        return f"{urlsplit(self.asked['redirect_uri']).path}?{urlencode(kept)}"


def reply(document: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json")


class Browser:
    """A parent's browser in front of one program."""

    def __init__(self, client: FlaskClient, provider: Provider) -> None:
        self.client = client
        self.provider = provider

    @property
    def login(self) -> Login:
        login: Login = self.client.application.extensions["login"]
        return login

    def open(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def logs_in(self, path: str = "/", **changes: str | None) -> TestResponse:
        """From a page to the provider and back: the answer of the callback."""
        return self.open(self.provider.authorize(self.open(path).location, **changes))


class Developer(Browser):
    """A developer's browser in front of «Essayer la connexion»."""

    def asks(self, query: str = "") -> str:
        """The authorization request that the page shows before it leaves."""
        page = self.open(f"/demande?{query}").text
        return unescape(re.findall(r'id="continuer" href="([^"]+)"', page)[0])

    def logs_in(self, path: str = "", **changes: str | None) -> TestResponse:
        """To the provider and back, with the choices of that query."""
        return self.open(self.provider.authorize(self.asks(path), **changes))


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


def provider_config(provider: Provider) -> ProviderConfig:
    return ProviderConfig(issuer=provider.issuer, client_id="client", client_secret="secret")


@pytest.fixture
def portal_config(provider: Provider, tmp_path: Path) -> PortalConfig:
    return PortalConfig(
        base_url="http://localhost",
        database=str(tmp_path / "portal.sqlite"),
        listen=Listen(port=8001),
        provider=provider_config(provider),
        account_url="http://127.0.0.1:8000/compte",
    )


@pytest.fixture
def portal(provider: Provider, portal_config: PortalConfig) -> Browser:
    return Browser(create_portal(portal_config).test_client(), provider)


@pytest.fixture
def tryit(provider: Provider, tmp_path: Path) -> Developer:
    config = Config(
        base_url="http://localhost",
        database=str(tmp_path / "tryit.sqlite"),
        listen=Listen(port=8004),
        provider=provider_config(provider),
    )
    provider.metadata = {
        "scopes_supported": ["openid", "profile", "email", "eleves", "offline_access"],
        "acr_values_supported": ["eidas1", "eidas2"],
        "service_documentation": f"{provider.issuer}/developpeurs",
    }
    return Developer(create_tryit(config).test_client(), provider)


@pytest.fixture
def lsu_config(provider: Provider, tmp_path: Path) -> LsuConfig:
    return LsuConfig(
        base_url="http://localhost",
        database=str(tmp_path / "lsu.sqlite"),
        listen=Listen(port=8002),
        provider=provider_config(provider),
        portal_url="http://127.0.0.1:8001",
    )


@pytest.fixture
def lsu(provider: Provider, lsu_config: LsuConfig) -> Browser:
    return Browser(create_lsu(lsu_config).test_client(), provider)


@pytest.fixture
def people() -> dict[str, dict[str, Any]]:
    """Claims of parents by first name."""
    return {
        "Valéry": {**VALERY, "eleves": [ALEXIS, CAMILLE]},
        "Fatoumata": {**FATOUMATA, "eleves": [MOUSSA]},
    }
