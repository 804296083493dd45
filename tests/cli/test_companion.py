"""A program kept running beside another, which forks its own server processes meanwhile."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

FORKING = """
import os, time
from idp.cli.companion import running_beside
with running_beside(["keys", "--help"]):
    for _ in range(60):
        if not os.fork():
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
"""
"""Children that outlive the companion's start, as granian's server processes do."""


def test_the_end_of_a_companion_is_seen_though_children_were_forked_while_it_started(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        program = subprocess.Popen([sys.executable, "-c", FORKING], stdout=file, stderr=file, start_new_session=True)
    try:
        end = time.monotonic() + 30
        while b"companion_ended" not in output.read_bytes():
            assert time.monotonic() < end, output.read_text()
            time.sleep(0.05)
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
