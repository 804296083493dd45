"""FranceConnect, and the parents who come by it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from idp.settings import Settings, build
from tests.franceconnect.upstream import ID, SECRET, Simulator, Visit, running
from tests.franceconnect.visitor import Visitor
from tests.journeys.conftest import add_father, add_second_school, family, print_letters  # noqa: F401


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("franceconnect")) as simulator:
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
