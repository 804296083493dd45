"""Ports for programs that tests start. They take theirs slowly, so that no two test processes may try the same."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from demo.addresses import Addresses
from demo.processes import is_free

LOWEST, EACH, TOWNS, STEP = 10_100, 1_800, 35, 40
"""Each of twelve test processes has 1,800 ports: 35 towns of 40, then single ones.

Above 10080, to which browsers refuse to go (Fetch, «bad port»); below those that the system gives to outgoing
connections, which a program would find taken."""
FIRST = LOWEST + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12 * EACH


def _around(first: int, step: int, count: int) -> Iterator[int]:
    """These places for ever, not begun at the same one by two runs of the tests."""
    return (first + (os.getppid() + place) % count * step for place in itertools.count())


_BASES = _around(FIRST, STEP, TOWNS)
_SINGLES = _around(FIRST + TOWNS * STEP, 1, EACH - TOWNS * STEP)


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    return next(port for port in _SINGLES if is_free(port))


def free_base() -> int:
    """A port from which all that a town needs is free."""
    return next(base for base in _BASES if all(map(is_free, Addresses(base, Path()).ports.values())))
