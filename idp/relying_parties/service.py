"""Registration of client applications."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from idp import clock
from idp.db import db
from idp.relying_parties.errors import ClientExists, InvalidMetadata, UnknownClient
from idp.relying_parties.metadata import find_problems
from idp.relying_parties.models import Client

DEFAULTS: dict[str, Any] = {"id_token_signed_response_alg": "RS256"}
"""What OpenID Connect Registration §2 gives a registration that says nothing."""


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
    whole = {**DEFAULTS, **metadata}
    if problems := find_problems(client_id, name, scope, whole, demo=demo):
        raise InvalidMetadata(problems=problems)
    if db.session.get(Client, client_id) is not None:
        raise ClientExists(client_id=client_id)
    now = clock.now()
    client = Client(
        client_id=client_id,
        client_name=name,
        metadata_=whole,
        scope=scope,
        first_party=first_party,
        birth_dates_allowed=birth_dates_allowed,
        created_at=now,
        updated_at=now,
    )
    shown = None
    if whole.get("token_endpoint_auth_method", "client_secret_basic").startswith("client_secret"):
        shown = secret or secrets.token_urlsafe(32)
        _keep_secret(client, shown)
    db.session.add(client)
    db.session.flush()
    return client, shown


def get_client(client_id: str) -> Client:
    """Raises UnknownClient."""
    client = db.session.get(Client, client_id)
    if client is None:
        raise UnknownClient(client_id=client_id)
    return client


def list_clients() -> list[Client]:
    """All clients, by identifier."""
    return list(db.session.scalars(select(Client).order_by(Client.client_id)))


def disable(client_id: str) -> None:
    """No request of that client is answered from now on. Raises UnknownClient."""
    client = get_client(client_id)
    client.disabled_at = client.disabled_at or clock.now()
    client.updated_at = clock.now()
    db.session.flush()


def rotate_secret(client_id: str) -> str:
    """Give the client a new secret; the old one is dead. Raises UnknownClient, InvalidMetadata without a secret."""
    client = get_client(client_id)
    if client.secret is None:
        raise InvalidMetadata(problems=["token_endpoint_auth_method: this client has no secret"])
    shown = secrets.token_urlsafe(32)
    _keep_secret(client, shown)
    client.updated_at = clock.now()
    db.session.flush()
    return shown


def _keep_secret(client: Client, secret: str) -> None:
    """Its hash; sealed beside it for client_secret_jwt alone (ARCHITECTURE, decision 4)."""
    client.secret = hash_secret(secret)
    needs_it = client.metadata_.get("token_endpoint_auth_method") == "client_secret_jwt"
    client.sealed_secret = {"secret": secret} if needs_it else None


def hash_secret(secret: str) -> str:
    """What is stored: secrets have 256 random bits, so SHA-256 is enough (ARCHITECTURE, decision 4)."""
    return hashlib.sha256(secret.encode()).hexdigest()
