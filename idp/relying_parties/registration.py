"""Dynamic client registration (RFC 7591, OpenID Connect Registration §3) and its management (RFC 7592).

In three steps, so that nothing is fetched inside a transaction: `Registrar.examine` what is asked, `Registrar.fetch`
what it names, then `store_new` or `store_update`.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import or_, select

from idp import audit, clock
from idp.db import db
from idp.registry import names
from idp.relying_parties import logo, service
from idp.relying_parties.errors import InvalidMetadata, InvalidToken
from idp.relying_parties.fetching import Fetcher, NotFetched
from idp.relying_parties.initial_tokens import digest
from idp.relying_parties.metadata import ADMINISTRATORS, is_known
from idp.relying_parties.models import Client, InitialAccessToken
from idp.relying_parties.policy import Policy
from idp.relying_parties.software_statement import Issuers

UNREACHABLE = "the address does not give what it must"
"""One answer for whatever went wrong when fetching: the endpoint is no eye into a network (attack 55)."""
SHOWN = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "redirect_uris")
"""What an administrator looked at: a change asks for another look."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A registration that may be taken, once what it names is fetched."""

    client_id: str
    name: str
    scope: str
    metadata: dict[str, Any] = field(default_factory=dict)
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the client is told, once; without secret where it has none or keeps the one it had."""

    client: Client
    token: str
    secret: str | None = None


class Registrar:
    """Examines registrations; it lives as long as the application."""

    def __init__(self, fetcher: Fetcher, issuers: Issuers, *, demo: bool) -> None:
        self._fetcher = fetcher
        self._issuers = issuers
        self._demo = demo

    def examine(self, document: Mapping[str, Any], policy: Policy, client: Client | None = None) -> Asked:
        """The whole resulting registration, with what is implied, checked as one (attack 57).

        `client` is the one that is updated. Raises InvalidMetadata with every problem, StatementRefused.
        """
        told = {member: value for member, value in document.items() if value is not None}
        statement = told.pop("software_statement", "")
        if statement:
            told |= self._issuers.read(str(statement))
        client_id = client.client_id if client is not None else secrets.token_hex(16)
        name, scope = told.pop("client_name", None) or _default_name(told, client_id), told.pop("scope", None)
        if not isinstance(name, str) or not isinstance(scope, str | None):
            raise InvalidMetadata(problems=["client_name, scope: must be texts"])
        metadata = {
            member: value for member, value in told.items() if is_known(member) and member not in ADMINISTRATORS
        }
        metadata |= _kept_rules(policy, client)
        granted = policy.granted(scope) if client is None else _narrowed(scope, client.scope)
        whole = service.complete(client_id, name, granted, metadata, demo=self._demo)
        if problems := [*policy.problems(whole), *_name_problems(name, client), *_change_problems(whole, client)]:
            raise InvalidMetadata(problems=problems)
        return Asked(client_id, name, granted, whole, str(statement))

    def fetch(self, asked: Asked) -> bytes | None:
        """Prove the sector and draw the logo, if there is one. Raises InvalidMetadata. Not inside a transaction."""
        if uri := asked.metadata.get("sector_identifier_uri"):
            self._check_sector(uri, asked.metadata.get("redirect_uris", []))
        uri = asked.metadata.get("logo_uri")
        return self._draw_logo(uri) if uri else None

    def _check_sector(self, uri: str, redirect_uris: list[str]) -> None:
        """OpenID Connect Registration §5: the document lists every redirect URI, or the sector is not theirs."""
        try:
            listed = self._fetcher.get_json(uri)
        except NotFetched:
            listed = None
        if not isinstance(listed, list) or not all(known in listed for known in redirect_uris):
            raise InvalidMetadata(problems=[f"sector_identifier_uri: {UNREACHABLE}"])

    def _draw_logo(self, uri: str) -> bytes:
        try:
            fetched = self._fetcher.get(uri, accept="image/*", maximum_kib=logo.MAXIMUM_KIB)
            return logo.draw(fetched.body)
        except (NotFetched, logo.NotAPicture):
            raise InvalidMetadata(problems=[f"logo_uri: {UNREACHABLE}"]) from None


def store_new(asked: Asked, picture: bytes | None, token: InitialAccessToken | None) -> Registered:
    """Add the client: unreviewed, so that parents are asked and warned (attack 54)."""
    client, secret = service.register_checked(asked.client_id, asked.name, asked.metadata, scope=asked.scope)
    client.reviewed = False
    client.registered_with = token.id if token is not None else None
    logo.keep(client.client_id, picture)
    audit.record("client.registered", client_id=client.client_id, token_id=client.registered_with)
    return Registered(client, _new_token(client), secret)


def store_update(client: Client, asked: Asked, picture: bytes | None) -> Registered:
    """Replace the whole registration (RFC 7592 §2.2); the registration access token is replaced too (attack 56)."""
    changed = [member for member in SHOWN if client.metadata_.get(member) != asked.metadata.get(member)]
    if changed or client.client_name != asked.name:
        client.reviewed = False
    client.client_name, client.scope, client.metadata_ = asked.name, asked.scope, asked.metadata
    client.updated_at = clock.now()
    secret = service.fit_secret(client)
    logo.keep(client.client_id, picture)
    audit.record("client.updated", client_id=client.client_id)
    return Registered(client, _new_token(client), secret)


def delete(client: Client) -> None:
    """The client ends its registration (RFC 7592 §2.3): nothing of it is answered from now on."""
    client.deleted_at = client.disabled_at = client.updated_at = clock.now()
    client.registration_token = client.secret = client.sealed_secret = client.previous_secret = None
    logo.keep(client.client_id, None)
    audit.record("client.deleted", client_id=client.client_id)


def find_managed(client_id: str, token: str, *, for_update: bool = False) -> Client:
    """The client that this registration access token manages. Raises InvalidToken, the same whatever is wrong."""
    client = db.session.get(Client, client_id, with_for_update=for_update or None)
    known = client.registration_token if client is not None and client.disabled_at is None else None
    if client is None or known is None or not hmac.compare_digest(known, digest(token)):
        raise InvalidToken
    return client


def is_secret(client: Client, value: object) -> bool:
    """Whether that is the client's secret."""
    known = client.secret or ""
    return isinstance(value, str) and known != "" and hmac.compare_digest(known, service.hash_secret(value))


def _new_token(client: Client) -> str:
    token = secrets.token_urlsafe(32)
    client.registration_token = digest(token)
    db.session.flush()
    return token


def _default_name(told: Mapping[str, Any], client_id: str) -> str:
    """What parents read when the client gives no name: where it is."""
    uris = told.get("redirect_uris")
    try:
        host = urlsplit(str(uris[0])).hostname if isinstance(uris, list) and uris else None
    except ValueError:
        host = None
    return host or client_id


def _kept_rules(policy: Policy, client: Client | None) -> dict[str, Any]:
    """What only administrators set: as the policy says at first, as it is later on."""
    if client is not None:
        return {member: value for member, value in client.metadata_.items() if member in ADMINISTRATORS}
    return {} if policy.profile == "oidc" else {"profile": policy.profile}


def _narrowed(asked: str | None, granted: str) -> str:
    """An update never widens the scopes (attack 57)."""
    if asked is None:
        return granted
    return " ".join(scope for scope in granted.split() if scope == "openid" or scope in asked.split())


def _name_problems(name: str, client: Client | None) -> list[str]:
    """The name of a service that parents know is not taken by another (attack 54)."""
    query = select(Client.client_id, Client.client_name).where(or_(Client.reviewed, Client.first_party))
    for client_id, known in db.session.execute(query):
        if names.key(known) == names.key(name) and (client is None or client.client_id != client_id):
            return ["client_name: another service has it"]
    return []


def _change_problems(metadata: Mapping[str, Any], client: Client | None) -> list[str]:
    """A public client stays public, a confidential one confidential: they were granted things as such (attack 57)."""
    if client is None:
        return []
    before = client.metadata_.get("token_endpoint_auth_method", "client_secret_basic")
    if (before == "none") != (metadata["token_endpoint_auth_method"] == "none"):
        return ["token_endpoint_auth_method: a public client stays public, a confidential one confidential"]
    return []
