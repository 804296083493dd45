"""The vocabulary of the simulator's tests: a registered service and a person's browser."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from joserfc import jws
from werkzeug.test import Client, TestResponse

from demo.franceconnect import config
from demo.franceconnect.simulator import Simulator
from demo.franceconnect.web import create_app

ISSUER = "http://127.0.0.1:8003/api/v2"
ID, SECRET = "a" * 64, "b" * 64
CALLBACK = "http://127.0.0.1:8000/retour"
AFTER_LOGOUT = "http://127.0.0.1:8000/deconnecte"
SCOPE = "openid given_name family_name preferred_username gender birthdate birthplace birthcountry email"
IDENTITIES = Path(__file__).parents[2] / "demo/samples/franceconnect/identities.toml"


class Service:
    """A service registered at the platform, and the browser of a person who uses it."""

    def __init__(self, simulator: Simulator, client_id: str = ID) -> None:
        self.simulator, self.client_id = simulator, client_id
        self.browser = Client(create_app(simulator), TestResponse)

    def authorize(self, method: str = "GET", extra: str = "", **changes: str) -> TestResponse:
        """A good request with some things changed; an empty value leaves the parameter out."""
        parameters = {
            "client_id": self.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": SCOPE,
            "state": "s" * 43, "nonce": "n" * 43, "acr_values": "eidas1", **changes,
        }  # fmt: skip
        query = urlencode({name: value for name, value in parameters.items() if value}) + extra
        if method == "POST":
            return self.browser.post("/api/v2/authorize", data=query, content_type="application/x-www-form-urlencoded")
        return self.browser.get("/api/v2/authorize?" + query)

    def signs_in(self, page: TestResponse, login: str = "valery.durant", provider: str = "demo-impots") -> TestResponse:
        form = {"fournisseur": provider, "identifiant": login, "mot_de_passe": "123"}
        return self.browser.post(urlsplit(page.location).path.removesuffix("/connexion") + "/connexion", data=form)

    def agrees(self, page: TestResponse) -> TestResponse:
        return self.browser.post(urlsplit(page.location).path)

    def code(self, login: str = "valery.durant", **changes: str) -> str:
        begun = self.authorize(**changes)
        page = begun if begun.location.endswith("/informations") else self.signs_in(begun, login)
        return answer_of(self.agrees(page))["code"]

    def redeem(self, code: str, **changes: str) -> TestResponse:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
            "client_id": self.client_id, "client_secret": SECRET, **changes,
        }  # fmt: skip
        return self.browser.post("/api/v2/token", data={name: value for name, value in form.items() if value})

    def tokens(self, **changes: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.redeem(self.code(**changes)).get_json()
        return answer

    def userinfo(self, token: str) -> TestResponse:
        return self.browser.get("/api/v2/userinfo", headers={"Authorization": f"Bearer {token}"})

    def logs_out(self, extra: str = "", **parameters: str) -> TestResponse:
        return self.browser.get("/api/v2/session/end?" + urlencode(parameters) + extra)


def answer_of(response: TestResponse) -> dict[str, str]:
    """What goes back to the service."""
    assert response.status_code == 303, response.text
    assert response.location.startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def page_code(response: TestResponse) -> str:
    """The code of a 400 page that sends nobody back."""
    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert "Location" not in response.headers
    found = re.search(r'id="code">(Y\w+)<', response.text)
    return found.group(1) if found else ""


def read(token: str, simulator: Simulator, alg: str = "ES256") -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that the platform's published key verifies."""
    kid = jws.extract_compact(token.encode()).protected["kid"]
    key = simulator.keys.ring().find(str(kid))
    assert key is not None
    found = jws.deserialize_compact(token, key, algorithms=[alg])
    return dict(found.protected), orjson.loads(found.payload)


def write_config(folder: Path, issuer: str = ISSUER, more: str = "") -> Path:
    file = folder / "franceconnect.toml"
    file.write_text(
        f"""
issuer = "{issuer}"
identities = "{IDENTITIES}"

[[clients]]
id = "{ID}"
secret = "{SECRET}"
name = "Les parents"
redirect_uris = ["{CALLBACK}"]
post_logout_redirect_uris = ["{AFTER_LOGOUT}"]
scopes = {SCOPE.split()}
alg = "ES256"
{more}
"""
    )
    return file


OTHERS = f"""
[[clients]]
id = "{"c" * 64}"
secret = "{SECRET}"
name = "Un autre service"
redirect_uris = ["{CALLBACK}"]
sector = "autre.example"
scopes = ["openid", "identite_pivot", "idp_birthdate", "email"]
alg = "RS256"
amr = true

[[clients]]
id = "{"d" * 64}"
secret = "{SECRET}"
name = "Un service fermé"
redirect_uris = ["{CALLBACK}"]
active = false

[[clients]]
id = "{"e" * 64}"
secret = "{SECRET}"
name = "Un service par défaut"
redirect_uris = ["{CALLBACK}"]
"""


@pytest.fixture
def simulator(tmp_path: Path) -> Simulator:
    return Simulator(config.load(write_config(tmp_path, more=OTHERS)))


@pytest.fixture
def service(simulator: Simulator) -> Service:
    return Service(simulator)


@pytest.fixture
def another(simulator: Simulator) -> Callable[[str], Service]:
    """Another service, with a browser of its own."""
    return lambda letter: Service(simulator, letter * 64)
