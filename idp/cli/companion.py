"""A program that runs beside this one: started again when it dies, ended when this one ends, even by kill -9."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 2
END_WITHIN_SECONDS = 15

_starting = threading.Lock()
"""Held while a companion starts. `Popen` waits until nobody holds a pipe of its own, so a server process forked
at that moment by the main thread would keep it waiting as long as it lives, blind to the companion's end."""
os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_starting.release)


@contextmanager
def running_beside(arguments: Sequence[str]) -> Iterator[None]:
    """Keep `idp ARGUMENTS` running while the block runs. It ends by itself when we are gone."""
    stop = threading.Event()
    companion = _Companion(arguments, stop)
    thread = threading.Thread(target=companion.keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        companion.end()
        thread.join(END_WITHIN_SECONDS)


class _Companion:
    def __init__(self, arguments: Sequence[str], stop: threading.Event) -> None:
        self._command = [sys.executable, "-m", "idp", *arguments]
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        while not self._stop.is_set():
            try:
                status: int | str = self._run().wait()
            except OSError as error:
                status = type(error).__name__  # No process or memory is left for it; a moment later there may be.
            if not self._stop.is_set():
                log.error("companion_ended", alarm=True, command=" ".join(self._command[2:]), status=status)
            self._stop.wait(PAUSE_SECONDS)

    def _run(self) -> subprocess.Popen[bytes]:
        with _starting:
            process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)  # noqa: S603  # our own program
        self._process = process
        if self._stop.is_set():
            process.terminate()  # Who ended us meanwhile did not see it.
        return process

    def end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
