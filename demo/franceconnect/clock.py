"""The simulator's own time: the machine's, moved by an offset that the control port sets."""

import time


class Clock:
    """Seconds since 1970, with an offset."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset  # noqa: TID251  # A program of its own.
