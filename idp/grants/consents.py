"""What a parent lets clients have: the consent given, the clients that got data, how it is taken back."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from idp import audit, clock
from idp.db import db
from idp.grants import devices
from idp.grants.models import Consent, Grant
from idp.relying_parties.models import Client


@dataclass(frozen=True)
class Recipient:
    """A client that got data of an account, or may get it."""

    client_id: str
    name: str
    scopes: tuple[str, ...]
    first_party: bool
    open: bool
    """A consent or a live grant stands: there is something to withdraw."""
    last_at: dt.datetime


def give(account_id: str, client_id: str, scopes: tuple[str, ...]) -> None:
    """Remember that the account lets the client have these scopes, beside those it gave before."""
    consent = db.session.get(Consent, (account_id, client_id))
    now = clock.now()
    if consent is None:
        db.session.add(Consent(account_id=account_id, client_id=client_id, scope=" ".join(scopes), granted_at=now))
    else:
        consent.scope = " ".join(dict.fromkeys([*consent.scope.split(), *scopes]))
        consent.granted_at = now
    audit.record("consent.given", account_id=account_id, client_id=client_id, scope=" ".join(scopes))
    db.session.flush()


def withdraw(account_id: str, client_id: str) -> bool:
    """Forget the consent and end all that was given to the client; whether there was anything to withdraw.

    A device that was let in and did not ask since is told that it is not.
    """
    gone = delete(Consent).where(Consent.account_id == account_id, Consent.client_id == client_id)
    consents = db.session.scalars(gone.returning(Consent.client_id)).all()
    ended = (
        update(Grant)
        .where(Grant.account_id == account_id, Grant.client_id == client_id, Grant.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    grants = db.session.scalars(ended).all()
    devices.refuse(account_id, client_id)
    if not consents and not grants:
        return False
    audit.record("consent.withdrawn", account_id=account_id, client_id=client_id, grants=len(grants))
    return True


def recipients(account_id: str) -> list[Recipient]:
    """The clients that got data of the account, by name."""
    consents = {c.client_id: c for c in db.session.scalars(select(Consent).where(Consent.account_id == account_id))}
    got, live = _granted(account_id), _granted(account_id, live=True)
    query = select(Client).where(Client.client_id.in_({*consents, *got})).order_by(Client.client_name)
    return [_recipient(client, consents.get(client.client_id), got, live) for client in db.session.scalars(query)]


Granted = dict[str, tuple[dt.datetime, set[str]]]
"""By client: when it last got a grant, and the scopes of all of them."""


def _granted(account_id: str, *, live: bool = False) -> Granted:
    query = (
        select(Grant.client_id, Grant.scope, func.max(Grant.created_at))
        .where(Grant.account_id == account_id)
        .group_by(Grant.client_id, Grant.scope)
    )
    if live:
        query = query.where(Grant.revoked_at.is_(None), Grant.ends_at > clock.now())
    found: Granted = {}
    for client_id, scope, at in db.session.execute(query):
        last_at, scopes = found.get(client_id, (at, set()))
        found[client_id] = (max(last_at, at), scopes | set(scope.split()))
    return found


def _recipient(client: Client, consent: Consent | None, got: Granted, live: Granted) -> Recipient:
    at, scopes = got.get(client.client_id, (client.created_at, set()))
    if consent is not None:
        at, scopes = max(at, consent.granted_at), scopes | set(consent.scope.split())
    return Recipient(
        client_id=client.client_id,
        name=client.client_name,
        scopes=tuple(sorted(scopes)),
        first_party=client.first_party,
        open=consent is not None or client.client_id in live,
        last_at=at,
    )
