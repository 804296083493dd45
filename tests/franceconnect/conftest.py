"""FranceConnect, and the parents who come by it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context

from idp.db import db
from idp.franceconnect import calls, logins
from idp.franceconnect.calls import Answer, Calls
from idp.provider import keys
from idp.settings import Settings, build
from tests.franceconnect.upstream import ID, SECRET, Simulator, Visit, running
from tests.franceconnect.visitor import Visitor
from tests.journeys.conftest import add_father, add_second_school, family, print_letters  # noqa: F401


@pytest.fixture(autouse=True)
def asked_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Addresses of an upstream that were asked while a transaction was open: none, in any test here (decision 9)."""
    found: list[str] = []
    ask = Calls._ask

    def watched(self: Calls, method: str, url: str, **values: Any) -> Answer:
        if has_app_context() and db.session().in_transaction():
            found.append(url)
        return ask(self, method, url, **values)

    monkeypatch.setattr(Calls, "_ask", watched)
    yield found
    assert found == []


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is not an upstream that is slow."""
    monkeypatch.setattr(calls, "CONNECT_SECONDS", 30.0)
    monkeypatch.setattr(calls, "WHOLE_SECONDS", 30.0)
    monkeypatch.setattr(logins, "CALLBACK_SECONDS", 60.0)


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory, key_files: Path) -> Iterator[Simulator]:
    published = keys.load(key_files).verifying()
    ours = next(key for key in published if key["alg"] == "RS256")
    with running(tmp_path_factory.mktemp("franceconnect"), jwk=ours) as simulator:
        yield simulator


@pytest.fixture
def simulator(_running: Simulator) -> Iterator[Simulator]:
    """FranceConnect without a fault and without a session."""
    _running.mend()
    yield _running
    _running.mend()


@pytest.fixture
def visit(simulator: Simulator) -> Visit:
    return Visit(simulator)


@pytest.fixture
def settings(settings: Settings, simulator: Simulator) -> Settings:
    tables: dict[str, Any] = {
        "server": {"demo": True, "issuer": "http://127.0.0.1:8000"},
        "database": {"url": settings.database.url, "synchronous": "NORMAL"},
        "keys": {"directory": settings.keys.directory},
        "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        "franceconnect": {"issuer": simulator.issuer, "client_id": ID, "client_secret": SECRET},
    }
    return build(tables)


@pytest.fixture
def visitor(app: Flask, family: list[str]) -> Visitor:
    return Visitor(app)


@pytest.fixture
def another(app: Flask, family: list[str]) -> Callable[[], Visitor]:
    return lambda: Visitor(app)
