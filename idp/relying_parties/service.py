"""Registration of client applications."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from idp import clock
from idp.db import db
from idp.relying_parties import resource_servers
from idp.relying_parties.errors import ClientExists, InvalidMetadata, UnknownClient
from idp.relying_parties.metadata import find_contradictions, find_problems, lacks_sector
from idp.relying_parties.models import Client

DEFAULTS: dict[str, Any] = {
    "application_type": "web",
    "grant_types": ["authorization_code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
}
"""What OpenID Connect Registration §2 gives a registration that says nothing."""


def complete(client_id: str, name: str, scope: str, metadata: Mapping[str, Any], *, demo: bool) -> dict[str, Any]:
    """The whole registration's metadata, with what is implied. Raises InvalidMetadata with every problem.

    Subjects are pairwise; with several hosts and no sector nothing is said of them: the client is a sector of its own.
    """
    if problems := find_problems(client_id, name, metadata, demo=demo):
        raise InvalidMetadata(problems=problems)
    whole = {**DEFAULTS, **metadata}
    if "subject_type" not in whole and not lacks_sector(whole):
        whole["subject_type"] = "pairwise"
    if "response_types" not in whole and "authorization_code" in whole["grant_types"]:
        whole["response_types"] = ["code"]
    parents_scope, problems = resource_servers.without_apis(scope, whole.get("resources", ()))
    if problems := [*find_contradictions(parents_scope, whole), *problems]:
        raise InvalidMetadata(problems=problems)
    return whole


def register(
    client_id: str,
    name: str,
    metadata: Mapping[str, Any],
    *,
    scope: str = "openid",
    first_party: bool = False,
    birth_dates_allowed: bool = False,
    secret: str | None = None,
    demo: bool = False,
) -> tuple[Client, str | None]:
    """Add a client; gives it with its secret, which is never shown again (none for methods without one).

    Raises InvalidMetadata with every problem, ClientExists.
    """
    whole = complete(client_id, name, scope, metadata, demo=demo)
    client, shown = register_checked(client_id, name, whole, scope=scope, secret=secret)
    client.first_party, client.birth_dates_allowed = first_party, birth_dates_allowed
    db.session.flush()
    return client, shown


def register_checked(
    client_id: str, name: str, metadata: Mapping[str, Any], *, scope: str, secret: str | None = None
) -> tuple[Client, str | None]:
    """Add a client whose whole metadata was checked. Raises ClientExists."""
    if db.session.get(Client, client_id) is not None:
        raise ClientExists(client_id=client_id)
    now = clock.now()
    client = Client(
        client_id=client_id,
        client_name=name,
        metadata_=dict(metadata),
        scope=scope,
        created_at=now,
        updated_at=now,
    )
    db.session.add(client)
    shown = fit_secret(client, secret)
    db.session.flush()
    return client, shown


def fit_secret(client: Client, secret: str | None = None) -> str | None:
    """Give the client a secret if its method needs one and it has none, and gives it; drop one that is not needed."""
    method = str(client.metadata_.get("token_endpoint_auth_method", "client_secret_basic"))
    if not method.startswith("client_secret"):
        client.secret = client.sealed_secret = client.previous_secret = None
        return None
    if client.secret is not None and (client.sealed_secret is not None) == (method == "client_secret_jwt"):
        return None
    shown = secret or secrets.token_urlsafe(32)
    _keep_secret(client, shown)
    return shown


def get_client(client_id: str, *, for_update: bool = False) -> Client:
    """The client; `for_update`, as it is now, and nobody else changes it before this transaction ends.

    Raises UnknownClient.
    """
    client = db.session.get(Client, client_id, with_for_update=for_update or None, populate_existing=for_update)
    if client is None:
        raise UnknownClient(client_id=client_id)
    return client


def list_clients() -> list[Client]:
    """All clients, by identifier; not those that ended their own registration."""
    query = select(Client).where(Client.deleted_at.is_(None)).order_by(Client.client_id)
    return list(db.session.scalars(query))


def rotate_secret(client_id: str, overlap: dt.timedelta = dt.timedelta(0)) -> str:
    """Give the client a new secret; the old one is good for the `overlap`, by every method that it may use.

    Raises UnknownClient, InvalidMetadata without a secret.
    """
    client = get_client(client_id)
    if client.secret is None:
        raise InvalidMetadata(problems=["token_endpoint_auth_method: this client has no secret"])
    client.previous_secret, client.previous_secret_until = client.secret, clock.now() + overlap
    shown = secrets.token_urlsafe(32)
    before = (client.sealed_secret or {}).get("secret", "")
    _keep_secret(client, shown, before if overlap else "")
    client.updated_at = clock.now()
    db.session.flush()
    return shown


def _keep_secret(client: Client, secret: str, previous: str = "") -> None:
    """Its hash; sealed beside it, with the one before while both are good, for client_secret_jwt alone (decision 4)."""
    client.secret = hash_secret(secret)
    needs_it = client.metadata_.get("token_endpoint_auth_method") == "client_secret_jwt"
    client.sealed_secret = {"secret": secret, "previous": previous} if needs_it else None


def hash_secret(secret: str) -> str:
    """What is stored: secrets have 256 random bits, so SHA-256 is enough (ARCHITECTURE, decision 4)."""
    return hashlib.sha256(secret.encode()).hexdigest()
