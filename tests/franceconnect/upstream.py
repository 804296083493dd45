"""A running FranceConnect simulator, and a login there as a browser does it, up to the callback."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from idp.franceconnect.authorization import Pending
from idp.franceconnect.callback import Login, Sign
from idp.franceconnect.logins import UpstreamLogins
from idp.oidc.request import Parameters, parse
from idp.settings import build
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
IDENTITIES = ROOT / "demo/samples/franceconnect/identities.toml"
CALLBACK = "http://127.0.0.1:8000/franceconnect/retour"
ID, SECRET = "a" * 64, "b" * 64
BY_KEY = "c" * 64
"""A client that authenticates by a key (private_key_jwt), and gets RS256."""
SCOPES = [
    "openid", "given_name", "family_name", "preferred_username", "gender",
    "birthdate", "birthplace", "birthcountry", "email",
]  # fmt: skip


class Simulator:
    """FranceConnect as the tests have it: its program, with the control port."""

    def __init__(self, folder: Path, provider: str, jwk: Mapping[str, str] | None) -> None:
        self.port, self.control_port = free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{self.port}/api/v2"
        config = folder / "franceconnect.toml"
        config.write_text(_CONFIG.format(issuer=self.issuer, provider=provider, jwks=_toml(jwk)))
        command = [sys.executable, "-m", "demo.franceconnect", "--config", str(config)]
        self.process = subprocess.Popen(
            [*command, "--control", str(self.control_port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.issuer in self.process.stdout.readline()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"http://127.0.0.1:{self.control_port}{path}"
        answer = httpx.request(method, url, json=body, trust_env=False, timeout=10)
        return answer.json() if answer.content else None

    def fault(self, name: str, value: str = "", times: int | None = 1) -> None:
        self.control("PUT", f"/faults/{name}", {"value": value, "times": times})

    def mend(self) -> None:
        for path in ("/faults", "/sessions", "/journal"):
            self.control("DELETE", path)
        self.control("PUT", "/clock", {"offset": 0})

    def journal(self, path: str) -> list[dict[str, Any]]:
        return [entry for entry in self.control("GET", "/journal") if entry["path"] == path]


@contextmanager
def running(
    folder: Path, provider: str = "http://127.0.0.1:8000", jwk: Mapping[str, str] | None = None
) -> Iterator[Simulator]:
    """A simulator, where that provider is registered (with a public key), until the end of the block."""
    simulator = Simulator(folder, provider, jwk)
    yield simulator
    simulator.process.terminate()
    simulator.process.wait(10)


_CONFIG = f"""
issuer = "{{issuer}}"
identities = {json.dumps(str(IDENTITIES))}

[[clients]]
id = "{ID}"
secret = "{SECRET}"
name = "Les parents"
redirect_uris = ["{{provider}}/franceconnect/retour"]
post_logout_redirect_uris = ["{{provider}}/franceconnect/deconnecte"]
scopes = {json.dumps(SCOPES)}
alg = "ES256"

[[clients]]
id = "{BY_KEY}"
secret = ""
name = "Les parents, par clé"
redirect_uris = ["{{provider}}/franceconnect/retour"]
scopes = {json.dumps(SCOPES)}
alg = "RS256"
jwks = {{jwks}}
"""


def _toml(jwk: Mapping[str, str] | None) -> str:
    members = ", ".join(f'{name} = "{value}"' for name, value in (jwk or {}).items() if isinstance(value, str))
    return f"{{ keys = [{{ {members} }}] }}" if members else "{ keys = [] }"


class Person:
    """Somebody's browser at FranceConnect."""

    def __init__(self) -> None:
        self.client = httpx.Client(trust_env=False, timeout=10)

    def goes(self, location: str, login: str = "valery.durant", provider: str = "demo-impots") -> httpx.URL:
        """From the authorization request to the address of the callback, signing in where asked."""
        page = self.client.get(location)
        while page.is_redirect:
            address = urljoin(str(page.url), page.headers["Location"])
            if address.startswith(CALLBACK):
                return httpx.URL(address)
            path = urlsplit(address).path
            if path.endswith("/informations"):
                page = self.client.post(address)
            else:
                form = {"fournisseur": provider, "identifiant": login, "mot_de_passe": "123"}
                page = self.client.post(address.partition("?")[0].removesuffix("/connexion") + "/connexion", data=form)
        raise AssertionError(f"stranded: {page.status_code} {page.text[-400:]}")


class Visit:
    """A provider's process with FranceConnect on, and one browser."""

    def __init__(self, simulator: Simulator, sign: Sign = lambda alg, client_id, audience: "", **settings: Any) -> None:
        built = build(
            {
                "server": {"demo": True},
                "franceconnect": {
                    "issuer": simulator.issuer, "client_id": ID, "client_secret": SECRET, **settings,
                },
            }
        )  # fmt: skip
        self.simulator = simulator
        self.logins = UpstreamLogins(built, sign)
        self.person = Person()

    def goes(self, login: str = "valery.durant", *, known: bool = False, **changes: str) -> tuple[Pending, Parameters]:
        """To the upstream and signing in; what must come back, with parameters of the callback changed."""
        pending, location = self.logins.begin("franceconnect", CALLBACK, flow_id="f" * 32, known=known)
        query = dict(self.person.goes(location, login).params) | changes
        return pending, parse(str(httpx.QueryParams(query)).encode())

    def comes_back(self, login: str = "valery.durant", *, known: bool = False, **changes: str) -> Login:
        """The whole login."""
        return self.logins.finish(*self.goes(login, known=known, **changes))
