"""After the database came back from a backup: what had ended in the meantime must not live again (ATTACKS 136).

The backup does not know what was used, revoked or given after it. So everything that serves once ends, parents log in
and agree again, messages that were waiting are shown to a person, and no identifiant can be given a second time.
"""

from typing import Any

from sqlalchemy import delete, func, select, update

from idp import audit, clock
from idp.accounts import identifiant
from idp.accounts.links import MailLink
from idp.accounts.models import Session
from idp.db import Base, db
from idp.delivery.models import Message
from idp.flows.errors import ReasonMissing
from idp.flows.models import Flow
from idp.franceconnect.models import UpstreamLogin
from idp.grants.models import Consent, DeviceRequest, Grant, PushedRequest
from idp.staff.models import StaffInvitation, StaffProposal, StaffSession

LEAVING = ("sms", "mail", "backchannel")
EMPTIED: tuple[tuple[str, type[Base]], ...] = (
    ("sessions", Session),
    ("links", MailLink),
    ("logins upstream", UpstreamLogin),
    ("journeys", Flow),
    ("pushed requests", PushedRequest),
    ("devices", DeviceRequest),
    ("consents", Consent),
    ("staff sessions", StaffSession),
    ("staff invitations", StaffInvitation),
    ("staff proposals", StaffProposal),
)
"""Tables of what serves once, or may have been withdrawn since; in the order that their references allow."""


def make_safe(reason: str, by: str, *, given_since: int) -> dict[str, int]:
    """End all of it, in one transaction; how many rows of each.

    `given_since` is more than the identifiants of one name that may have been given after the backup.
    Raises ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    ended = {"refresh tokens": _revoke_grants(), "messages held back": _hold_messages()}
    for name, table in EMPTIED:
        ended[name] = db.session.scalar(select(func.count()).select_from(table)) or 0
        db.session.execute(delete(table).execution_options(synchronize_session=False))
    identifiant.leave_a_gap(given_since)
    facts: dict[str, Any] = {name.replace(" ", "_"): number for name, number in ended.items()}
    audit.record("database.restored", by=by, reason=reason.strip(), given_since=given_since, **facts)
    return ended


def _revoke_grants() -> int:
    live = Grant.revoked_at.is_(None)
    number = db.session.scalar(select(func.count()).select_from(Grant).where(live)) or 0
    statement = update(Grant).where(live).values(revoked_at=clock.now())
    db.session.execute(statement.execution_options(synchronize_session=False))
    return number


def _hold_messages() -> int:
    """They may have left before: `idp outbox` shows them, and a person sends again what must be sent."""
    waiting = (Message.state == "waiting", Message.channel.in_(LEAVING))
    number = db.session.scalar(select(func.count()).select_from(Message).where(*waiting)) or 0
    held = {"state": "dead", "last_error": "the database was restored: may have left before"}
    db.session.execute(update(Message).where(*waiting).values(held).execution_options(synchronize_session=False))
    return number
