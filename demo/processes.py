"""The programs of the town: started together, their lines told apart, ended together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ANSWER_WITHIN_SECONDS = 60
END_WITHIN_SECONDS = 15


class NotAnswering(Exception):
    """A program ended or did not answer in time."""


def is_free(port: int) -> bool:
    """Whether nobody listens on that loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass
class Town:
    """Running programs; ended in the reverse order of their start."""

    running: list[tuple[str, subprocess.Popen[str]]] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start a program in a group of its own, its output prefixed with its name."""
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.running.append((name, process))
        threading.Thread(target=_tell, args=(name, process), daemon=True).start()

    def wait_for(self, name: str, port: int) -> None:
        """Until the port answers. Raises NotAnswering."""
        process = dict(self.running)[name]
        deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NotAnswering(f"{name} ended with {process.returncode}; its lines above say why")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise NotAnswering(f"{name} does not answer on port {port}")

    def first_ended(self) -> str | None:
        """The name of a program that ended by itself, if any."""
        return next((name for name, process in self.running if process.poll() is not None), None)

    def stop(self) -> None:
        """End every program and what it started; nothing is left behind."""
        for _, process in reversed(self.running):
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + END_WITHIN_SECONDS
        for _, process in reversed(self.running):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self.running.clear()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _tell(name: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        print(f"{name:<13} {line.rstrip()}", flush=True)
