"""APIs of others that take our access tokens (RFC 8707): each is registered with the scopes that are its own.

A scope belongs to one API, or to the parent's data (`idp.oidc.scopes`), never to both: its name tells whom it opens.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select

from idp import clock
from idp.db import db
from idp.db.hot import HotPath
from idp.oidc.scopes import SCOPES
from idp.relying_parties.errors import InvalidMetadata
from idp.relying_parties.models import ResourceServer

SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
FRESH_SECONDS = 1.0
ADMINISTRATION = "urn:idp:administration"
"""The provider's own API for administrators' programs (`idp.web.api`): always registered."""
ADMINISTRATION_SCOPES = (
    "admin.clients.read",
    "admin.clients.write",
    "admin.keys.read",
    "admin.audit.read",
    "admin.outbox.read",
    "admin.staff.read",
    "admin.services.read",
    "admin.services.write",
    "admin.schools.read",
    "admin.schools.write",
)


def register(identifier: str, name: str, scopes: tuple[str, ...]) -> ResourceServer:
    """Add an API, or give a known one another name and other scopes. Raises InvalidMetadata with every problem."""
    taken = {scope for server in list_all() if server.identifier != identifier for scope in server.scope.split()}
    taken |= set(ADMINISTRATION_SCOPES)
    problems = ["identifier: this one is the provider's own"] if identifier == ADMINISTRATION else []
    if not _is_absolute(identifier):
        problems.append("identifier: an absolute URI without fragment (RFC 8707 2)")
    for scope in scopes:
        if not SCOPE.fullmatch(scope):
            problems.append(f"scope: {scope!r} is not a name")
        elif scope in SCOPES or scope in taken:
            problems.append(f"scope: {scope} belongs to another API or to the parent's data")
    if problems:
        raise InvalidMetadata(problems=problems)
    server = db.session.get(ResourceServer, identifier) or ResourceServer(identifier=identifier, created_at=clock.now())
    server.name, server.scope = name, " ".join(dict.fromkeys(scopes))
    db.session.add(server)
    db.session.flush()
    return server


def _is_absolute(identifier: str) -> bool:
    if len(identifier) > 255 or not re.fullmatch(r"[!-~]+", identifier):
        return False
    try:
        parts = urlsplit(identifier)
    except ValueError:
        return False
    return bool(parts.scheme) and not parts.fragment


def list_all() -> list[ResourceServer]:
    """All APIs, by identifier."""
    return list(db.session.scalars(select(ResourceServer).order_by(ResourceServer.identifier)))


def without_apis(scope: str, resources: Iterable[str]) -> tuple[str, list[str]]:
    """What is left of a client's scope beside those of registered APIs, and what is wrong with its `resources`."""
    servers = list_all()
    theirs = {name for server in servers for name in server.scope.split()} | set(ADMINISTRATION_SCOPES)
    identifiers = {ADMINISTRATION, *(server.identifier for server in servers)}
    unknown = [name for name in resources if name not in identifiers]
    problems = [f"resources: {name} is not a registered API (`idp apis`)" for name in unknown]
    return " ".join(name for name in scope.split() if name not in theirs), problems


@dataclass(frozen=True, slots=True)
class Api:
    """A registered API, ready for checks."""

    identifier: str
    name: str
    scopes: frozenset[str]


OURS = Api(ADMINISTRATION, "Administration", frozenset(ADMINISTRATION_SCOPES))


class ResourceServers:
    """Finds registered APIs; what it gives is at most a second old, as with clients."""

    def __init__(self, hot: HotPath) -> None:
        self._hot = hot
        self._known: dict[str, tuple[float, Api | None]] = {}
        columns = (ResourceServer.identifier, ResourceServer.name, ResourceServer.scope)
        self._sql = hot.compile(select(*columns).where(ResourceServer.identifier == bindparam("v_identifier")))

    def find(self, identifier: str) -> Api | None:
        """The API of that identifier, which a client registered for (so that few are ever asked for)."""
        if identifier == ADMINISTRATION:
            return OURS
        known = self._known.get(identifier)
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        row = self._hot.read(self._sql, {"v_identifier": identifier})
        api = Api(row[0], row[1], frozenset(row[2].split())) if row else None
        self._known[identifier] = (time.monotonic(), api)
        return api
