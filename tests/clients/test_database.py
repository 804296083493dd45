"""The client's own SQLite file, opened by several programs at once."""

import sqlite3
import threading
from pathlib import Path

from clients.sessions import SessionStore


def test_a_program_that_starts_while_another_fills_a_new_file_waits_for_it(tmp_path: Path) -> None:
    """The reports are seeded while the viewer starts: SQLite itself refuses the switch to WAL there at once."""
    file = tmp_path / "lsu.db"
    seeding = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    seeding.execute("BEGIN IMMEDIATE")
    seeding.execute("CREATE TABLE pupils (id INTEGER PRIMARY KEY)")
    seeded = threading.Timer(0.5, seeding.execute, ["COMMIT"])
    seeded.start()

    store = SessionStore(str(file), session_seconds=60)

    seeded.join()
    seeding.close()
    session_id = store.open({"sub": "parent"}, "id-token")
    assert store.find(session_id)
