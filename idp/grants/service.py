"""Consents: what a parent let a client have; and their end."""

from sqlalchemy import delete, update

from idp import audit, clock
from idp.db import db
from idp.grants.models import Consent, Grant
from idp.relying_parties import administration


def give_consent(account_id: str, client_id: str, scopes: tuple[str, ...]) -> None:
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


def end_client(client_id: str) -> None:
    """End every grant and consent of a client that is gone."""
    living = update(Grant).where(Grant.client_id == client_id, Grant.revoked_at.is_(None))
    db.session.execute(living.values(revoked_at=clock.now()).execution_options(synchronize_session=False))
    db.session.execute(delete(Consent).where(Consent.client_id == client_id))


def remove_client(client_id: str, *, by: str) -> None:
    """Take a client away for good, with all that parents gave it. Raises UnknownClient."""
    administration.remove(client_id, by=by)
    end_client(client_id)
