"""A real Chromium."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.town import Town

ROOT = Path(__file__).resolve().parents[2]
TOWNS = itertools.count()

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
def browser() -> Iterator[Browser]:
    """The browser that `make test` found or installed."""
    kept = ROOT / ".venv" / "browser"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=kept.read_text(), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The town that `make demo` opens, on ports and data of its own."""
    base = 20_000 + (os.getpid() * 40 + next(TOWNS) * 40) % 30_000
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
