"""Somebody's server that a client application names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer import Peer, certificate, listening


@pytest.fixture
def peer() -> Iterator[Peer]:
    with listening() as found:
        yield found


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"), "client.example")


@pytest.fixture
def secure_peer(tls: tuple[Path, Path]) -> Iterator[Peer]:
    with listening(tls) as found:
        yield found
