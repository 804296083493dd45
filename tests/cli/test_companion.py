"""A program kept running beside another, which forks its own server processes meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from idp.cli import companion

pytestmark = pytest.mark.slow

start = subprocess.Popen

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


def test_a_companion_for_which_there_is_no_process_at_the_moment_is_started_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[object] = []
    again = threading.Event()

    def popen(*arguments: object, **options: object) -> object:
        tries.append(arguments)
        if len(tries) == 1:
            raise BlockingIOError("Resource temporarily unavailable")
        again.set()
        return start([sys.executable, "-c", ""])

    monkeypatch.setattr(companion, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(subprocess, "Popen", popen)

    with companion.running_beside(["worker"]):
        assert again.wait(10)


def test_a_companion_that_starts_while_we_end_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    starting, ended = threading.Event(), threading.Event()
    end = companion._Companion.end

    def popen(*arguments: object, **options: object) -> object:
        starting.set()
        assert ended.wait(10)
        started.append(start([sys.executable, "-c", "import time; time.sleep(60)"]))
        return started[0]

    def end_and_tell(one: companion._Companion) -> None:
        end(one)
        ended.set()

    monkeypatch.setattr(companion, "END_WITHIN_SECONDS", 3)
    monkeypatch.setattr(companion._Companion, "end", end_and_tell)
    monkeypatch.setattr(subprocess, "Popen", popen)

    with companion.running_beside(["worker"]):
        assert starting.wait(10)

    assert started[0].wait(10) == -signal.SIGTERM
