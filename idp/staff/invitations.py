"""Invitations: a link of 256 random bits, stored as its SHA-256, for 72 hours (setting), used up by what it was for.

A link is used up when its end is reached, not when it is opened: who closes the window half-way opens it again.
"""

import datetime as dt
import hashlib
import secrets
from typing import Literal

from sqlalchemy import delete, select, update

from idp import audit, clock
from idp.db import db
from idp.settings import Settings, Staff
from idp.staff.errors import InvitationGone
from idp.staff.models import StaffAccount, StaffInvitation
from idp.staff.telling import tell

Purpose = Literal["account", "password", "factor"]


def make(staff: StaffAccount, purpose: Purpose, settings: Staff, *, by: str) -> str:
    """A new link's token, for its address alone; the account's older link dies."""
    db.session.execute(delete(StaffInvitation).where(StaffInvitation.staff_id == staff.id))
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(
        StaffInvitation(
            digest=digest_of(token),
            staff_id=staff.id,
            purpose=purpose,
            created_at=now,
            ends_at=_end(settings),
        )
    )
    db.session.flush()
    audit.record("staff.invited", staff_id=staff.id, purpose=purpose, by=by)
    return token


def give(staff: StaffAccount, purpose: Purpose, settings: Settings, *, by: str) -> str:
    """A new link. It goes to the account's address, where there is one."""
    token = make(staff, purpose, settings.staff, by=by)
    link = f"{settings.server.issuer}/gestion/invitation/{token}"
    tell(staff, "invited" if purpose == "account" else purpose, url=link, ends_at=_end(settings.staff))
    return link


def _end(settings: Staff) -> dt.datetime:
    return clock.now() + dt.timedelta(hours=settings.invitation_hours)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def get(token: str | bytes) -> tuple[StaffInvitation, StaffAccount]:
    """The live invitation of a token (or of its digest) and its account. Raises InvitationGone."""
    key = digest_of(token) if isinstance(token, str) else token
    invitation = db.session.get(StaffInvitation, key, populate_existing=True)
    if invitation is None or invitation.used_at is not None or invitation.ends_at <= clock.now():
        raise InvitationGone
    staff = db.session.get_one(StaffAccount, invitation.staff_id, populate_existing=True)
    if staff.disabled_at is not None:
        raise InvitationGone
    return invitation, staff


def use(digest: bytes) -> None:
    """Use a link up: of two browsers one gets it. Raises InvitationGone."""
    now = clock.now()
    statement = (
        update(StaffInvitation)
        .where(StaffInvitation.digest == digest, StaffInvitation.used_at.is_(None), StaffInvitation.ends_at > now)
        .values(used_at=now)
        .returning(StaffInvitation.digest)
        .execution_options(synchronize_session=False)
    )
    if db.session.scalar(statement) is None:
        raise InvitationGone


def sweep(batch: int = 1000) -> int:
    """Delete links whose time is over, used or not, at most `batch`; how many. The worker's housekeeping."""
    ended = select(StaffInvitation.digest).where(StaffInvitation.ends_at <= clock.now()).limit(batch)
    gone = delete(StaffInvitation).where(StaffInvitation.digest.in_(ended)).returning(StaffInvitation.digest)
    return len(db.session.execute(gone.execution_options(synchronize_session=False)).all())
