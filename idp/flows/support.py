"""What a support agent may do with an account's file: open it for a reason, and act on it for a reason.

Opening is written down with its motive and shown to the owner in «Mes connexions»; many openings raise an alarm
(ATTACKS 129).
"""

import datetime as dt
import re
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from idp import audit, clock, limits
from idp.accounts.merges import Merge
from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.db import db
from idp.flows import email_validation
from idp.flows.email_validation import LinkUrl
from idp.flows.errors import NothingToValidate, ReasonMissing
from idp.settings import EmailValidation, Staff

log = structlog.get_logger(__name__)

MOTIVES = ("call", "message", "school", "security")
"""The owner called, or wrote; a school asked; something looks wrong."""
TICKET = re.compile(r"[\w./-]{0,40}")
OPENED = "account.viewed"
STAYS_OPEN = dt.timedelta(minutes=30)
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Undoable:
    """An account that was closed into this one, and can be opened again until then."""

    identifiant: str
    merged_at: dt.datetime
    until: dt.datetime


def is_open(account_id: str, by: str) -> bool:
    """Whether this person gave a motive for this file within the last half hour."""
    since = clock.now() - STAYS_OPEN
    query = select(AuditEntry.id).where(AuditEntry.account_id == account_id, AuditEntry.at > since)
    return db.session.scalar(query.where(AuditEntry.event == OPENED, AuditEntry.actor == by).limit(1)) is not None


def open_file(account_id: str, motive: str, ticket: str, by: str, settings: Staff) -> None:
    """Write down who opens the file, and why. Raises ReasonMissing for no motive of the list, or a strange ticket."""
    ticket = ticket.strip()
    if motive not in MOTIVES or not TICKET.fullmatch(ticket):
        raise ReasonMissing
    audit.record(OPENED, account_id=account_id, by=by, motive=motive, ticket=ticket)
    if not limits.hit(f"support:{by}", limit=settings.files_per_hour, window_seconds=HOUR):
        log.error("many_files_opened", alarm=True, by=by)
        audit.record("support.many_files", by=by)


def resend_validation(
    account: Account, reason: str, by: str, source: str, link_url: LinkUrl, settings: EmailValidation
) -> None:
    """Mail the link that proves the account's address once more.

    Raises ReasonMissing, NothingToValidate without an address that waits for its proof, TooManyMails.
    """
    why = check_reason(reason)
    address = email_validation.address_sent_to(account)
    if not address or not email_validation.is_due(account):
        raise NothingToValidate
    email_validation.send(account, address, source, account.language, link_url, settings)
    audit.record("account.validation_resent", account_id=account.id, by=by, reason=why)


def undoable(account_id: str) -> list[Undoable]:
    """What was closed into this account and can still be opened again."""
    query = (
        select(Account.identifiant, Merge.merged_at, Merge.undoable_until)
        .join(Merge, Merge.merged_id == Account.id)
        .where(Merge.kept_id == account_id, Merge.undone_at.is_(None), Merge.undoable_until > clock.now())
        .order_by(Merge.merged_at)
    )
    return [Undoable(*row) for row in db.session.execute(query)]


def check_reason(reason: str) -> str:
    """A reason in words. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
