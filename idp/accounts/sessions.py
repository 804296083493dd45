"""Browser sessions: the cookie holds 256 random bits, the row their SHA-256 (ARCHITECTURE, decisions 4 and 7)."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from sqlalchemy import delete, insert, select, update

from idp import clock
from idp.accounts.models import MAY_LOG_IN, Account, Session
from idp.db import db, new_id
from idp.settings import Sessions

SEEN_EVERY = dt.timedelta(minutes=1)
"""`last_seen_at` is written at most that often."""

OPEN = insert(Session)
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
    """Open a session and give the cookie's value; the cookie that it `replaces` opens nothing from now on.

    When that cookie was the same account's, its session goes on under the new one: clients keep their `sid` and their
    tokens. Another account's session ends here; `idp.grants.sign_out` comes first to tell its clients.
    """
    public_id = _replace(replaces, account.id, settings)
    cookie, row = new(account.id, settings, amr=amr, acr=acr, user_agent=user_agent, public_id=public_id)
    db.session.connection().execute(OPEN, row)
    return cookie


def new(
    account_id: str,
    settings: Sessions,
    *,
    amr: str = "pwd",
    acr: str = ACR_PASSWORD,
    user_agent: str = "",
    public_id: str = "",
) -> tuple[str, dict[str, Any]]:
    """The cookie's value and the row of a session that begins now; whoever asks writes the row."""
    now = clock.now()
    cookie = secrets.token_urlsafe(32)
    row = {
        "id": digest(cookie),
        "public_id": public_id or new_id(),
        "account_id": account_id,
        "auth_time": now,
        "amr": amr,
        "acr": acr,
        "last_seen_at": now,
        "ends_at": now + dt.timedelta(hours=settings.absolute_hours),
        "user_agent": user_agent[:256],
    }
    return cookie, row


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


def renew(session: Session) -> str:
    """A new cookie for a session that goes on: the old one is dead (OWASP WSTG-SESS-03)."""
    cookie = secrets.token_urlsafe(32)
    session.id = digest(cookie)
    db.session.flush()
    return cookie


def _replace(cookie: str, account_id: str, settings: Sessions) -> str:
    """Delete the row of a cookie; its public id when it was that account's, and lived."""
    if not cookie:
        return ""
    columns = (Session.public_id, Session.account_id, Session.ends_at, Session.last_seen_at)
    row = db.session.execute(delete(Session).where(Session.id == digest(cookie)).returning(*columns)).first()
    now = clock.now()
    if row is None or row.account_id != account_id or row.ends_at <= now:
        return ""
    return str(row.public_id) if row.last_seen_at + dt.timedelta(minutes=settings.idle_minutes) > now else ""


def live(account_id: str, settings: Sessions) -> list[Session]:
    """The account's live sessions, the one seen last first."""
    now = clock.now()
    idle = now - dt.timedelta(minutes=settings.idle_minutes)
    query = (
        select(Session)
        .where(Session.account_id == account_id, Session.ends_at > now, Session.last_seen_at > idle)
        .order_by(Session.last_seen_at.desc())
    )
    return list(db.session.scalars(query))
