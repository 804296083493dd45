"""Engine options for SQLite and PostgreSQL."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

from idp.settings import Database

WAIT_SECONDS = 15
"""For another connection's transaction."""


def options(settings: Database) -> dict[str, Any]:
    """Keyword arguments of create_engine for this database; makes the folder of a SQLite file."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            # Flask-SQLAlchemy would look for a relative path in a folder of its own.
            file = Path(url.database).absolute()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # SQLite gives its journal files the same mode.
            url = url.set(database=str(file))
        return {"url": url, "hide_parameters": True, "connect_args": {"timeout": WAIT_SECONDS, "isolation_level": None}}
    pool = {"pool_size": settings.pool_size, "max_overflow": settings.pool_size, "pool_pre_ping": True}
    return {"url": url, "hide_parameters": True, **pool}


def prepare(engine: Engine, settings: Database) -> None:
    """Set a SQLite engine up: WAL, foreign keys, and transactions that take the write lock at once.

    A deferred transaction that reads and then writes can't wait for another writer (SQLITE_BUSY_SNAPSHOT);
    one that begins IMMEDIATE waits its turn, so no page needs a retry.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, record: object) -> None:
        apply_pragmas(connection, settings)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def apply_pragmas(connection: sqlite3.Connection, settings: Database) -> None:
    """Settings of every SQLite connection (PERFORMANCE rules 4 and 9)."""
    cursor = connection.cursor()
    _use_write_ahead_log(cursor)
    cursor.execute(f"PRAGMA synchronous={settings.synchronous}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA wal_autocheckpoint=8000")
    cursor.close()


def _use_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    """SQLite refuses this at once beside another connection's transaction on a new file, so the wait is ours."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)
