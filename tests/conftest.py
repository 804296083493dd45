"""The vocabulary of the tests: settings, the application on a fresh database, a clock that stands still."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from idp import clock as time
from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.settings import Settings, build


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self, start: dt.datetime) -> None:
        self.instant = start

    def __call__(self) -> dt.datetime:
        return self.instant

    def set(self, instant: dt.datetime) -> None:
        self.instant = instant

    def advance(self, **duration: float) -> None:
        self.instant += dt.timedelta(**duration)


@pytest.fixture
def clock() -> Iterator[Clock]:
    frozen = Clock(dt.datetime(2026, 1, 15, 17, 42, tzinfo=dt.UTC))
    time.use(frozen)
    yield frozen
    time.use()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build(
        {
            "server": {"demo": True, "issuer": "http://127.0.0.1:8000"},
            "database": {"url": f"sqlite:///{tmp_path}/idp.db", "synchronous": "NORMAL"},
            "keys": {"directory": str(tmp_path / "keys")},
            "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        }
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    upgrade(application)
    yield application
    application.extensions["idp"].hot.close()


@pytest.fixture
def database(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed: `db.session` works in the test itself."""
    with app.app_context():
        yield app
