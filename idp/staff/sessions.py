"""Sessions of staff: short, in a cookie and a table of their own.

A session begins once a password was right (`factor`) or an invitation was opened (`enrol`); the consoles answer once a
second factor was given (`open`), under a new cookie.
"""

import datetime as dt
import hashlib
import secrets

from sqlalchemy import delete, select, update

from idp import clock
from idp.db import db
from idp.settings import Staff
from idp.staff.models import StaffAccount, StaffSession

HALF_WAY = dt.timedelta(minutes=15)
"""How long the second factor may take."""
SEEN_EVERY = dt.timedelta(minutes=1)


def digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()


def begin(staff: StaffAccount, stage: str, *, user_agent: str = "", invitation: bytes | None = None) -> str:
    """A session that waits for its second factor; the cookie's value."""
    now, cookie = clock.now(), secrets.token_urlsafe(32)
    db.session.add(
        StaffSession(
            id=digest(cookie),
            staff_id=staff.id,
            stage=stage,
            invitation=invitation,
            created_at=now,
            last_seen_at=now,
            ends_at=now + HALF_WAY,
            user_agent=user_agent[:256],
            waiting={},
        )
    )
    db.session.flush()
    return cookie


def open(session: StaffSession, settings: Staff) -> str:
    """The second factor was given: the consoles answer from now on, under the cookie that is given back."""
    now, cookie = clock.now(), secrets.token_urlsafe(32)
    session.id = digest(cookie)
    session.stage, session.invitation, session.waiting = "open", None, {}
    session.confirmed_at = session.last_seen_at = now
    session.ends_at = now + dt.timedelta(hours=settings.absolute_hours)
    staff = session.staff
    staff.previous_login_at, staff.last_login_at = staff.last_login_at, now
    db.session.flush()
    return cookie


def confirm(session: StaffSession) -> str:
    """A second factor was given once more, for a dangerous act: a new cookie (OWASP WSTG-SESS-03)."""
    cookie = secrets.token_urlsafe(32)
    session.id, session.confirmed_at, session.waiting = digest(cookie), clock.now(), {}
    db.session.flush()
    return cookie


def is_confirmed(session: StaffSession, settings: Staff) -> bool:
    """Whether a second factor was given a moment ago."""
    until = session.confirmed_at and session.confirmed_at + dt.timedelta(minutes=settings.confirmed_minutes)
    return until is not None and until > clock.now()


def find(cookie: str, settings: Staff, *stages: str) -> StaffSession | None:
    """The live session of a cookie, when it is at one of these stages and its account is not disabled."""
    if not cookie or len(cookie) > 128:
        return None
    session = db.session.get(StaffSession, digest(cookie))
    now = clock.now()
    if session is None or session.stage not in stages or session.ends_at <= now or session.staff.disabled_at:
        return None
    if session.last_seen_at + dt.timedelta(minutes=settings.idle_minutes) <= now:
        return None
    if session.last_seen_at + SEEN_EVERY <= now:
        seen = update(StaffSession).where(StaffSession.id == session.id).values(last_seen_at=now)
        db.session.execute(seen)
    return session


def end(session_id: bytes) -> None:
    """Log out."""
    db.session.execute(delete(StaffSession).where(StaffSession.id == session_id))


def end_all(staff_id: str, *, but: bytes | None = None) -> int:
    """End the account's sessions; how many."""
    query = delete(StaffSession).where(StaffSession.staff_id == staff_id)
    if but is not None:
        query = query.where(StaffSession.id != but)
    return len(db.session.execute(query.returning(StaffSession.id)).all())


def live(staff_id: str, settings: Staff) -> list[StaffSession]:
    """The account's open sessions, the one seen last first."""
    now = clock.now()
    idle = now - dt.timedelta(minutes=settings.idle_minutes)
    query = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.stage == "open")
    query = query.where(StaffSession.ends_at > now, StaffSession.last_seen_at > idle)
    return list(db.session.scalars(query.order_by(StaffSession.last_seen_at.desc())))


def sweep(batch: int = 1000) -> int:
    """Delete sessions that ended, at most `batch`; how many. The worker's housekeeping."""
    ended = select(StaffSession.id).where(StaffSession.ends_at <= clock.now()).limit(batch)
    return len(
        db.session.execute(delete(StaffSession).where(StaffSession.id.in_(ended)).returning(StaffSession.id)).all()
    )
