"""A new SQLite file that two programs open at once."""

import sqlite3
import threading
from pathlib import Path

from idp.db.engine import apply_pragmas
from idp.settings import Database


def test_a_program_that_opens_a_new_file_waits_for_the_one_that_makes_its_tables(tmp_path: Path) -> None:
    file = tmp_path / "idp.db"
    first = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY)")
    made = threading.Timer(0.5, first.execute, ["COMMIT"])
    made.start()

    second = sqlite3.connect(file, isolation_level=None)
    apply_pragmas(second, Database(url=f"sqlite:///{file}"))

    made.join()
    assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert second.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    first.close()
    second.close()
