"""The demo, for a real Chromium."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.town import Town
from tests.ports import free_base

ROOT = Path(__file__).resolve().parents[2]


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
