"""Clients as the protocol sees them, kept in the process for a second (PERFORMANCE rule 10)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import bindparam, exists, select

from idp.db.hot import HotPath, Row
from idp.oidc import device_code, response_types
from idp.oidc.client_certificate import SUBJECT_MEMBERS
from idp.oidc.profiles import PROFILES, Profile
from idp.relying_parties import answer_members, logout_members, request_members
from idp.relying_parties.answer_members import Protection
from idp.relying_parties.logout_members import LogoutRules
from idp.relying_parties.metadata import lacks_sector
from idp.relying_parties.models import Client, Logo
from idp.relying_parties.policy import NEVER
from idp.relying_parties.request_members import RequestRules

FRESH_SECONDS = 1.0
MAXIMUM = 10_000
LINKS = ("client_uri", "logo_uri", "policy_uri", "tos_uri")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """An enabled client, ready for checks."""

    client_id: str
    name: str
    secret_hash: str
    scopes: frozenset[str]
    first_party: bool
    birth_dates_allowed: bool
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    auth_method: str = "client_secret_basic"
    alg: str = "RS256"
    subject_type: str = "pairwise"
    sector: str = ""
    native: bool = False
    require_pkce: bool = False
    jwks: tuple[dict[str, Any], ...] = ()
    resources: tuple[str, ...] = ()
    resource_server: str = ""
    links: dict[str, str] = field(default_factory=dict)
    """client_uri, logo_uri, policy_uri, tos_uri, for the pages."""
    has_logo: bool = False
    """Whether we drew one (attack 27)."""
    jwks_uri: str = ""
    response_types: frozenset[frozenset[str]] = frozenset({response_types.CODE})
    default_max_age: int | None = None
    id_token: Protection = field(default_factory=Protection)
    userinfo: Protection = field(default_factory=Protection)
    authorization: Protection = field(default_factory=Protection)
    requests: RequestRules = field(default_factory=RequestRules)
    profile: str = "oidc"
    auth_alg: str = ""
    """What it signs its assertions with; empty: any that its profile allows."""
    sealed_secret: bytes = b""
    certificate_name: tuple[str, str] = ("", "")
    """The name in its certificate: the registration's member and its value (RFC 8705 §2.1.2)."""
    dpop_bound: bool = False
    certificate_bound: bool = False

    logout: LogoutRules = field(default_factory=LogoutRules)
    reviewed: bool = True
    """False: it registered itself, and nobody has looked at it (attack 54)."""
    previous_secret_hash: str = ""
    previous_secret_until: int = 0
    """In milliseconds."""
    holds_since: int = 0
    """When it was last enabled again, in milliseconds."""

    @property
    def rules(self) -> Profile:
        """The rules of its profile."""
        return PROFILES[self.profile]

    @property
    def is_public(self) -> bool:
        """Whether it has no secret: PKCE is then required (RFC 9700 §2.1.1)."""
        return self.auth_method == "none"

    def still_holds(self, given_at: int) -> bool:
        """Whether what it was given at that instant, in milliseconds, counts: what it had when disabled never does."""
        return given_at > self.holds_since


def _sector(client_id: str, metadata: Mapping[str, Any]) -> str:
    """Who shares subjects with it (OpenID Connect Core §8.1): the host of its sector document or of its redirect URIs.

    A host that is on every machine, several, or none keep nobody apart: such a client is a sector of its own, as is
    one that gets tokens without an answer at that host (attack 48).
    """
    if named := metadata.get("sector_identifier"):
        return str(named)
    if lacks_sector(metadata):
        return client_id
    document = metadata.get("sector_identifier_uri")
    if document is None and device_code.GRANT_TYPE in metadata.get("grant_types", ()):
        return client_id
    uris = [document] if document else metadata.get("redirect_uris", [])
    hosts = [urlsplit(uri).hostname for uri in uris if uri.startswith("https://")]
    return (hosts[0] if hosts else None) or client_id


def _build(row: Row) -> RelyingParty:
    client_id, name, secret, sealed, scope, first_party, birth_dates, raw, reviewed, before, until, since, logo = row
    metadata: dict[str, Any] = orjson.loads(raw) if isinstance(raw, (str, bytes)) else raw
    redirect_uris = tuple(metadata.get("redirect_uris", ()))
    return RelyingParty(
        client_id=client_id,
        name=name,
        secret_hash=secret or "",
        scopes=frozenset(scope.split()) - (frozenset() if reviewed else NEVER),
        first_party=bool(first_party),
        birth_dates_allowed=bool(birth_dates),
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=tuple(metadata.get("post_logout_redirect_uris", ())),
        grant_types=tuple(metadata.get("grant_types", ("authorization_code",))),
        auth_method=metadata.get("token_endpoint_auth_method", "client_secret_basic"),
        alg=metadata.get("id_token_signed_response_alg", "RS256"),
        subject_type=metadata.get("subject_type", "pairwise"),
        sector=_sector(client_id, metadata),
        native=metadata.get("application_type") == "native",
        require_pkce=bool(metadata.get("require_pkce", False)),
        jwks=tuple(metadata.get("jwks", {}).get("keys", ())),
        resources=tuple(metadata.get("resources", ())),
        resource_server=metadata.get("resource_server", ""),
        jwks_uri=metadata.get("jwks_uri", ""),
        links={name: metadata[name] for name in LINKS if name in metadata},
        response_types=frozenset(map(response_types.parse, metadata.get("response_types", ("code",)))),
        default_max_age=metadata.get("default_max_age"),
        id_token=answer_members.read(metadata, "id_token", "RS256"),
        userinfo=answer_members.read(metadata, "userinfo"),
        authorization=answer_members.read(metadata, "authorization", _usual_signature(metadata)),
        requests=request_members.read(metadata),
        profile=metadata.get("profile", "oidc"),
        auth_alg=metadata.get("token_endpoint_auth_signing_alg", ""),
        sealed_secret=bytes(sealed or b""),
        certificate_name=next(((kind, metadata[kind]) for kind in SUBJECT_MEMBERS if metadata.get(kind)), ("", "")),
        dpop_bound=bool(metadata.get("dpop_bound_access_tokens", False)),
        certificate_bound=bool(metadata.get("tls_client_certificate_bound_access_tokens", False)),
        logout=logout_members.read(metadata),
        reviewed=bool(reviewed),
        previous_secret_hash=before or "",
        previous_secret_until=int(until or 0),
        holds_since=int(since or 0),
        has_logo=bool(logo),
    )


def _usual_signature(metadata: dict[str, Any]) -> str:
    """JARM §3: RS256 where nothing is registered; a profile that forbids it signs as its ID tokens are signed."""
    allowed = PROFILES[metadata.get("profile", "oidc")].provider_algorithms
    if allowed is None or "RS256" in allowed:
        return "RS256"
    return str(metadata.get("id_token_signed_response_alg", "RS256"))


class ClientCache:
    """Finds enabled clients; what it gives is at most a second old."""

    def __init__(self, hot: HotPath) -> None:
        self._hot = hot
        self._known: dict[str, tuple[float, RelyingParty]] = {}
        columns = (
            Client.client_id,
            Client.client_name,
            Client.secret,
            Client.sealed_secret,
            Client.scope,
            Client.first_party,
            Client.birth_dates_allowed,
            Client.metadata_,
            Client.reviewed,
            Client.previous_secret,
            Client.previous_secret_until,
            Client.holds_since,
            exists().where(Logo.client_id == Client.client_id),
        )
        any_of_them = select(*columns).where(Client.client_id == bindparam("v_client_id"))
        self._even_disabled = hot.compile(any_of_them)
        self._sql = hot.compile(any_of_them.where(Client.disabled_at.is_(None)))

    def find(self, client_id: str) -> RelyingParty | None:
        """The enabled client of that identifier."""
        known = self._known.get(client_id)
        if known is not None and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        # Nobody is called by what PostgreSQL takes in no text.
        row = None if "\x00" in client_id else self._hot.read(self._sql, {"v_client_id": client_id})
        if row is None:
            self._known.pop(client_id, None)
            return None
        if len(self._known) >= MAXIMUM:
            self._known.clear()
        client = _build(row)
        self._known[client_id] = (time.monotonic(), client)
        return client

    def find_even_disabled(self, client_id: str) -> RelyingParty | None:
        """The client, also one that is disabled or removed: to tell it something, never to answer it."""
        row = self._hot.read(self._even_disabled, {"v_client_id": client_id})
        return _build(row) if row is not None else None

    def forget(self) -> None:
        """Read every client again."""
        self._known.clear()
