"""Browser sessions: the cookie holds 256 random bits, the row their SHA-256 (ARCHITECTURE, decisions 4 and 7)."""

import datetime as dt
import hashlib
import secrets

from sqlalchemy import delete, update

from idp import clock
from idp.accounts.models import MAY_LOG_IN, Account, Session
from idp.db import db
from idp.settings import Sessions

SEEN_EVERY = dt.timedelta(minutes=1)
"""`last_seen_at` is written at most that often."""

ACR_PASSWORD = "eidas1"
"""The level of a password, in FranceConnect's words."""


def digest(cookie: str) -> bytes:
    """The row's key for a cookie's value."""
    return hashlib.sha256(cookie.encode()).digest()


def open(
    account: Account,
    settings: Sessions,
    *,
    amr: str = "pwd",
    acr: str = ACR_PASSWORD,
    user_agent: str = "",
    replaces: str = "",
) -> str:
    """Open a session and give the cookie's value; the session that the cookie `replaces` named ends."""
    if replaces:
        end(replaces)
    now = clock.now()
    cookie = secrets.token_urlsafe(32)
    db.session.add(
        Session(
            id=digest(cookie),
            account_id=account.id,
            auth_time=now,
            amr=amr,
            acr=acr,
            last_seen_at=now,
            ends_at=now + dt.timedelta(hours=settings.absolute_hours),
            user_agent=user_agent[:256],
        )
    )
    db.session.flush()
    return cookie


def find(cookie: str, settings: Sessions) -> Session | None:
    """The live session of a cookie: neither past its absolute end, nor idle too long, nor of a closed account."""
    if not cookie or len(cookie) > 128:
        return None
    session = db.session.get(Session, digest(cookie))
    now = clock.now()
    if session is None or session.ends_at <= now or session.account.state not in MAY_LOG_IN:
        return None
    if session.last_seen_at + dt.timedelta(minutes=settings.idle_minutes) <= now:
        return None
    if session.last_seen_at + SEEN_EVERY <= now:
        db.session.execute(update(Session).where(Session.id == session.id).values(last_seen_at=now))
    return session


def end(cookie: str) -> None:
    """End the session of a cookie, if there is one."""
    db.session.execute(delete(Session).where(Session.id == digest(cookie)))


def end_all(account_id: str, *, but: bytes | None = None) -> None:
    """End every session of an account, save the one whose row id is `but`."""
    statement = delete(Session).where(Session.account_id == account_id)
    db.session.execute(statement if but is None else statement.where(Session.id != but))
