"""Consents: what a parent let a client have."""

from idp import audit, clock
from idp.db import db
from idp.grants.models import Consent


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
