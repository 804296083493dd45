"""The messages, in a SQLite file."""

import datetime as dt
import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    external_id TEXT UNIQUE,
    at TEXT NOT NULL,
    channel TEXT NOT NULL,
    recipients TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    headers TEXT NOT NULL
)
"""
SELECT = "SELECT id, at, channel, recipients, sender, subject, text, html, headers FROM messages"


class Store:
    """Messages, newest first. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(directory / "mailbox.db", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(SCHEMA)

    def add(
        self,
        channel: str,
        *,
        to: str,
        sender: str,
        text: str,
        subject: str = "",
        html: str = "",
        headers: Mapping[str, str] | None = None,
        external_id: str | None = None,
    ) -> int:
        """Keep a message, durably; its id. A known `external_id` gives the id it had: nothing is kept twice."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")  # noqa: TID251  # A program of its own.
        row = (external_id, at, channel, to, sender, subject, text, html, json.dumps(dict(headers or {})))
        insert = (
            "INSERT INTO messages (external_id, at, channel, recipients, sender, subject, text, html, headers) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (external_id) DO UPDATE SET external_id = excluded.external_id RETURNING id"
        )
        with self._lock:
            return int(self._connection.execute(insert, row).fetchall()[0][0])

    def find(self, *, channel: str = "", to: str = "", after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """Messages after that id, newest first; `to` is one whole address or number, in any case."""
        query = (
            SELECT + " WHERE id > ? AND (? = '' OR channel = ?)"
            " AND (? = '' OR ', ' || lower(recipients) || ',' LIKE '%, ' || ? || ',%' ESCAPE '\\')"
            " ORDER BY id DESC LIMIT ?"
        )
        wanted = to.strip().lower()
        pattern = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        with self._lock:
            rows = self._connection.execute(query, (after, channel, channel, wanted, pattern, limit)).fetchall()
        return [_as_dict(row) for row in rows]

    def get(self, message_id: int) -> dict[str, Any] | None:
        """One message, or None."""
        with self._lock:
            row = self._connection.execute(SELECT + " WHERE id = ?", (message_id,)).fetchone()
        return _as_dict(row) if row else None

    def clear(self) -> None:
        """Forget all messages. Ids go on from where they were."""
        with self._lock:
            self._connection.execute("DELETE FROM messages")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _as_dict(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("id", "at", "channel", "to", "from", "subject", "text", "html", "headers")
    return dict(zip(names, row, strict=True)) | {"headers": json.loads(row[-1])}
