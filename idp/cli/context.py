"""What every command needs: the records around the database."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from idp.db import db
from idp.records import open_records
from idp.settings import Settings


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The records with their context pushed, so that `db.session` works; closed at the end."""
    app = open_records(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


def operator() -> str:
    """Who types the command, for the audit log: `cli:` and the name of the system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"  # A container may run under a number without a name.
