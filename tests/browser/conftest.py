"""The demo, for a real Chromium."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.addresses import Addresses
from demo.processes import is_free
from tests.browser.town import Town

ROOT = Path(__file__).resolve().parents[2]
PLACES = itertools.count(os.getpid() * 16)
"""Where towns may stand: each is tried once, and test processes begin apart, since a town takes its ports slowly."""


def free_base() -> int:
    """A port from which the town's ports are free; below those that the system gives to outgoing connections.

    Above 10080, to which browsers refuse to go (Fetch, «bad port»).
    """
    for place in PLACES:
        addresses = Addresses(10_100 + place * 40 % 20_000, Path())
        if all(is_free(port) for port in addresses.ports.values()):
            return addresses.base
    raise AssertionError("unreachable: count() does not end")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town that `make demo` opens, on ports and data of its own."""
    base = free_base()
    environment = {**os.environ, "DEMO_PORT_BASE": str(base), "DEMO_DIR": str(tmp_path / "town")}
    command = [sys.executable, "-m", "demo"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.strip() == "Demo ready":
            break
    else:
        raise AssertionError("the demo did not open:\n" + "".join(lines))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield Town(base)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
