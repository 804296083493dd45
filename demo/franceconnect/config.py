"""The simulator's TOML: where it answers, and the services that registered with it.

issuer = "http://127.0.0.1:8003/api/v2"
identities = "identities.toml"         # people who can sign in
data = "data"                          # folder of the keys

[[clients]]
id = "…"                               # 64 hexadecimal digits at FranceConnect
secret = "…"
name = "ÉduConnect"
redirect_uris = ["http://127.0.0.1:8000/franceconnect/retour"]
post_logout_redirect_uris = ["http://127.0.0.1:8000/franceconnect/deconnecte"]
scopes = ["openid", "given_name", "family_name"]
alg = "ES256"                          # of ID tokens and userinfo: ES256, RS256; HS256 is the platform's default
sector = "127.0.0.1"                   # default: the host of the first redirect URI
amr = false                            # may claim amr
active = true
jwks = { keys = [] }                   # for private_key_jwt
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ALGORITHMS = ("HS256", "ES256", "RS256")


class ConfigurationError(Exception):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered service."""

    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset({"openid"})
    alg: str = "HS256"
    sector: str = ""
    amr: bool = False
    active: bool = True
    jwks: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """Where «Revenir sur le service» leads when no request is under way."""
        parts = urlsplit(self.redirect_uris[0])
        return f"{parts.scheme}://{parts.netloc}/"


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says."""

    issuer: str
    identities: Path
    data: Path
    clients: dict[str, Client]


def load(path: Path) -> Config:
    """Read the file; paths in it are relative to it. Raises ConfigurationError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    try:
        clients = [_client(entry) for entry in table["clients"]]
        folder = path.parent
        return Config(
            issuer=str(table["issuer"]).rstrip("/"),
            identities=folder / table["identities"],
            data=folder / table.get("data", "data"),
            clients={client.id: client for client in clients},
        )
    except KeyError as error:
        raise ConfigurationError(f"{path}: {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _client(entry: dict[str, Any]) -> Client:
    known = dict(entry)
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        known[name] = tuple(known.get(name, ()))
    known["scopes"] = frozenset(known.get("scopes", ("openid",)))
    if not known["redirect_uris"]:
        raise ValueError("a client needs redirect_uris")
    client = Client(**{"sector": urlsplit(known["redirect_uris"][0]).hostname or "", **known})
    if client.alg not in ALGORITHMS:
        raise ValueError(f"alg of {client.id}: one of {', '.join(ALGORITHMS)}")
    return client
