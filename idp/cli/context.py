"""What every command needs: the application around the database."""

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
