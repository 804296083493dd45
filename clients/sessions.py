"""Sessions and logins under way, in the program's own SQLite file. A cookie holds a random id only."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from clients import clock
from clients.database import connect, prepare

LOGIN_SECONDS = 3600
"""A parent may register while a login is under way: it lives an hour."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS parent_sessions (
    id_hash TEXT PRIMARY KEY, csrf TEXT NOT NULL, claims TEXT NOT NULL, id_token TEXT NOT NULL, subject TEXT NOT NULL,
    sid TEXT NOT NULL, ends_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS parent_sessions_ends_at ON parent_sessions (ends_at);
CREATE INDEX IF NOT EXISTS parent_sessions_subject ON parent_sessions (subject);
CREATE TABLE IF NOT EXISTS logins (
    state_hash TEXT PRIMARY KEY, browser_hash TEXT NOT NULL, nonce TEXT NOT NULL, code_verifier TEXT NOT NULL,
    target TEXT NOT NULL, ends_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS logins_ends_at ON logins (ends_at);
"""


@dataclass(frozen=True)
class PendingLogin:
    """What we must remember between the authorization request and its answer."""

    nonce: str
    code_verifier: str
    target: str


@dataclass(frozen=True)
class Session:
    """A logged-in parent, as the provider described them at login."""

    csrf: str
    claims: dict[str, Any]
    id_token: str


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class SessionStore:
    """Both tables, in one file."""

    def __init__(self, path: str, session_seconds: int) -> None:
        self.path = path
        self.session_seconds = session_seconds
        prepare(path, SCHEMA)

    def start_login(self, state: str, browser: str, login: PendingLogin) -> None:
        """Keep a login under way, for this browser only; forget those too old."""
        now = clock.now()
        row = (digest(state), digest(browser), login.nonce, login.code_verifier, login.target, now + LOGIN_SECONDS)
        with connect(self.path) as database:
            database.execute("DELETE FROM logins WHERE ends_at <= ?", (now,))
            database.execute("INSERT INTO logins VALUES (?, ?, ?, ?, ?, ?)", row)

    def take_login(self, state: str, browser: str) -> PendingLogin | None:
        """The login of this state and browser, once: a second answer finds nothing."""
        with connect(self.path) as database:
            rows = database.execute(
                "DELETE FROM logins WHERE state_hash = ? AND browser_hash = ? AND ends_at > ?"
                " RETURNING nonce, code_verifier, target",
                (digest(state), digest(browser), clock.now()),
            ).fetchall()
        return PendingLogin(**dict(rows[0])) if rows else None

    def open(self, claims: dict[str, Any], id_token: str) -> str:
        """Open a session and give the value of its cookie (256 random bits)."""
        session_id, now = secrets.token_urlsafe(32), clock.now()
        known = (secrets.token_urlsafe(32), json.dumps(claims), id_token, claims["sub"], str(claims.get("sid", "")))
        row = (digest(session_id), *known, now + self.session_seconds)
        with connect(self.path) as database:
            database.execute("DELETE FROM parent_sessions WHERE ends_at <= ?", (now,))
            database.execute("INSERT INTO parent_sessions VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return session_id

    def find(self, session_id: str | None) -> Session | None:
        """The live session of this cookie."""
        if not session_id:
            return None
        with connect(self.path) as database:
            row = database.execute(
                "SELECT csrf, claims, id_token FROM parent_sessions WHERE id_hash = ? AND ends_at > ?",
                (digest(session_id), clock.now()),
            ).fetchone()
        return Session(row["csrf"], json.loads(row["claims"]), row["id_token"]) if row else None

    def renew(self, session_id: str, claims: dict[str, Any], id_token: str) -> None:
        """Keep what the provider said again; the session's end stays."""
        with connect(self.path) as database:
            database.execute(
                "UPDATE parent_sessions SET claims = ?, id_token = ? WHERE id_hash = ?",
                (json.dumps(claims), id_token, digest(session_id)),
            )

    def end(self, session_id: str | None) -> None:
        """Forget the session of this cookie, if there is one."""
        if session_id:
            with connect(self.path) as database:
                database.execute("DELETE FROM parent_sessions WHERE id_hash = ?", (digest(session_id),))

    def end_those_of(self, subject: str, sid: str) -> None:
        """Forget the sessions that a login at the provider opened, by its `sid`; without it, all of that subject."""
        with connect(self.path) as database:
            if sid:
                database.execute("DELETE FROM parent_sessions WHERE sid = ?", (sid,))
            else:
                database.execute("DELETE FROM parent_sessions WHERE subject = ?", (subject,))
