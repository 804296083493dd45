"""The OpenID Foundation's suite, imitated module by module: what it sends, and what it must see."""

from collections.abc import Iterator

import pytest

from tests.endpoints.conftest import portal, protocol, register, settings
from tests.peer import Peer, listening

__all__ = ["portal", "protocol", "register", "settings"]


@pytest.fixture
def peer() -> Iterator[Peer]:
    """The suite's own server."""
    with listening() as found:
        yield found
