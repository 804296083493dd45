"""What every command needs: the application around the database."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from idp.app import create_app
from idp.settings import Settings


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The application with its context pushed, so that `db.session` works; closed at the end."""
    app = create_app(settings)
    try:
        with app.app_context():
            yield app
    finally:
        app.extensions["idp"].hot.close()


def operator() -> str:
    """Who types the command, for the audit log: `cli:` and the name of the system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"  # A container may run under a number without a name.
