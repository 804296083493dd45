"""What an administrator does to client applications: each act is audited with who did it (`by`).

A registration is told as one document, the same in the command line, the API and the console: members of RFC 7591
beside the rights that are ours. Putting the same document twice changes nothing, so documents can be kept in code.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp import audit, clock
from idp.db import db
from idp.relying_parties import logo, service
from idp.relying_parties.errors import ClientExists, InvalidMetadata, UnknownClient
from idp.relying_parties.models import Client

RIGHTS = ("first_party", "birth_dates_allowed")
OURS = ("client_name", "scope", *RIGHTS)
"""Members of the document that are columns; all others are `metadata_`."""
TOLD = ("client_id", "state", "reviewed", "has_secret", "previous_secret_until", "created_at", "updated_at")
"""Members that the document shows and nobody sets: what says them again, changes nothing."""
DEFAULTS: dict[str, Any] = {"scope": "openid", **dict.fromkeys(RIGHTS, False)}
USUAL_ALGORITHM = "ES256"
"""Of new clients that name none: eight times cheaper than RS256 (PERFORMANCE rule 6)."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What came of a document."""

    client: Client
    created: bool = False
    members: list[str] = field(default_factory=list)
    """The members that changed; empty when nothing did."""
    secret: str | None = None
    """Shown once, when one was made."""


def state(client: Client) -> str:
    """`on`, `disabled`, `removed`."""
    if client.deleted_at is not None:
        return "removed"
    return "disabled" if client.disabled_at is not None else "on"


def describe(client: Client) -> Document:
    """The whole registration; never a secret."""
    until = client.previous_secret_until
    return {
        "client_id": client.client_id,
        **_settable(client),
        "state": state(client),
        "reviewed": client.reviewed,
        "has_secret": client.secret is not None,
        "previous_secret_until": until.isoformat() if until is not None and until > clock.now() else None,
        "created_at": client.created_at.isoformat(),
        "updated_at": client.updated_at.isoformat(),
    }


def _settable(client: Client) -> Document:
    return {**{name: getattr(client, name) for name in OURS}, **client.metadata_}


def check(client_id: str, document: Mapping[str, Any], *, demo: bool) -> Document:
    """The document with what is implied. Raises InvalidMetadata with every problem, each with its member."""
    told = {name: value for name, value in document.items() if value is not None and name not in TOLD}
    told = {**DEFAULTS, "client_name": client_id, "id_token_signed_response_alg": USUAL_ALGORITHM, **told}
    problems = [f"{name}: must be a str" for name in ("client_name", "scope") if not isinstance(told[name], str)]
    problems += [f"{name}: must be a bool" for name in RIGHTS if not isinstance(told[name], bool)]
    if document.get("client_id", client_id) != client_id:
        problems.append("client_id: is never changed")
    if problems:
        raise InvalidMetadata(problems=problems)
    metadata = {name: value for name, value in told.items() if name not in OURS}
    metadata = service.complete(client_id, told["client_name"], told["scope"], metadata, demo=demo)
    told["scope"] = " ".join(dict.fromkeys(told["scope"].split()))
    return {**{name: told[name] for name in OURS}, **metadata}


def put(client_id: str, document: Mapping[str, Any], *, by: str, demo: bool, secret: str | None = None) -> Change:
    """Make the client what the document says, whether it was there or not. What the document leaves out is implied.

    Raises InvalidMetadata with every problem, ClientExists for an identifier that a removed client had.
    """
    whole = check(client_id, document, demo=demo)
    client = db.session.get(Client, client_id, with_for_update=True, populate_existing=True)
    if client is not None and client.deleted_at is not None:
        raise ClientExists(client_id=client_id)
    metadata = {name: value for name, value in whole.items() if name not in OURS}
    if client is None:
        client, shown = service.register_checked(
            client_id, whole["client_name"], metadata, scope=whole["scope"], secret=secret
        )
        client.first_party, client.birth_dates_allowed = (whole[name] for name in RIGHTS)
        audit.record("client.registered", client_id=client_id, by=by)
        return Change(client, created=True, members=sorted(whole), secret=shown)
    before = _settable(client)
    members = sorted(name for name in before.keys() | whole.keys() if before.get(name) != whole.get(name))
    if not members:
        return Change(client)
    for name in OURS:
        setattr(client, name, whole[name])
    client.metadata_, client.updated_at = metadata, clock.now()
    shown = service.fit_secret(client, secret)
    audit.record("client.updated", client_id=client_id, by=by, members=" ".join(members))
    db.session.flush()
    return Change(client, members=members, secret=shown)


def update(client_id: str, changes: Mapping[str, Any], *, by: str, demo: bool) -> Change:
    """Change some members; None takes one away (JSON merge patch, RFC 7396). Raises UnknownClient, InvalidMetadata."""
    client = living(client_id, for_update=True)
    return put(client_id, {**_settable(client), **changes}, by=by, demo=demo)


def living(client_id: str, *, for_update: bool = False) -> Client:
    """The client, if it was not removed; `for_update` as in `service.get_client`. Raises UnknownClient."""
    client = service.get_client(client_id, for_update=for_update)
    if client.deleted_at is not None:
        raise UnknownClient(client_id=client_id)
    return client


def rotate_secret(client_id: str, overlap: dt.timedelta, *, by: str) -> str:
    """A new secret, shown once; the old one is good for the `overlap`. Raises UnknownClient, InvalidMetadata."""
    living(client_id)
    shown = service.rotate_secret(client_id, overlap)
    audit.record("client.secret_rotated", client_id=client_id, by=by, overlap_seconds=int(overlap.total_seconds()))
    return shown


def disable(client_id: str, *, by: str, reason: str = "") -> bool:
    """Within a second no process answers a request of the client; whether it was on. Raises UnknownClient."""
    client = living(client_id)
    if client.disabled_at is not None:
        return False
    client.disabled_at = client.updated_at = clock.now()
    audit.record("client.disabled", client_id=client_id, by=by, reason=reason)
    return True


def enable(client_id: str, *, by: str) -> bool:
    """Answer the client's requests again, which begins with nothing; whether it was off. Raises UnknownClient."""
    client = living(client_id)
    if client.disabled_at is None:
        return False
    client.disabled_at, client.updated_at, client.holds_since = None, clock.now(), clock.now()
    audit.record("client.enabled", client_id=client_id, by=by)
    return True


def review(client_id: str, *, by: str) -> None:
    """An administrator has looked: parents are not warned any more. Raises UnknownClient."""
    client = living(client_id)
    if not client.reviewed:
        client.reviewed, client.updated_at = True, clock.now()
        audit.record("client.reviewed", client_id=client_id, by=by)


def remove(client_id: str, *, by: str) -> None:
    """The client is gone for good: its identifier is never given again. Raises UnknownClient."""
    client = living(client_id)
    client.deleted_at = client.updated_at = clock.now()
    client.disabled_at = client.disabled_at or client.deleted_at
    client.registration_token = client.secret = client.sealed_secret = client.previous_secret = None
    logo.keep(client_id, None)
    audit.record("client.removed", client_id=client_id, by=by)
