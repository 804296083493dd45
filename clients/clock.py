"""The time of these programs: one function, so that tests can move it."""

import time


def now() -> int:
    """Whole seconds since the epoch."""
    return int(time.time())  # noqa: TID251
