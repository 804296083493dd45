"""A program's own SQLite file. Several programs may open it at once."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 5
"""For another program's transaction."""


@contextmanager
def connect(path: str) -> Iterator[sqlite3.Connection]:
    """One connection, one transaction: committed at the end, rolled back by an error."""
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
    try:
        connection.row_factory = sqlite3.Row
        with connection:
            yield connection
    finally:
        connection.close()


def prepare(path: str, schema: str) -> None:
    """Make what is missing: the folder, the file with mode 600 and a write-ahead log, the tables of this schema."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch(mode=0o600)
    with connect(path) as database:
        _use_write_ahead_log(database)
        database.executescript(schema)


def _use_write_ahead_log(database: sqlite3.Connection) -> None:
    """SQLite refuses this at once beside another program's transaction on a new file, so the wait is ours."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)
