"""Transactions that the database gave up because others were faster: they are done again, and only they.

PostgreSQL answers 40001 with serializable transactions, distributed engines that speak its protocol at any time;
40P01 is a deadlock. Neither has written anything.
"""

import secrets
import time
from collections.abc import Callable
from typing import TypeVar

SQLSTATES = frozenset({"40001", "40P01"})
ATTEMPTS = 6
LONGEST_PAUSE_MILLISECONDS = 5
"""Of the first pause, which is doubled at each attempt; its length is drawn, so that two do not meet again."""

Result = TypeVar("Result")


def is_conflict(error: BaseException) -> bool:
    """Whether the database says that the transaction lost against another; `error` is the driver's or SQLAlchemy's."""
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in SQLSTATES


def pause(attempt: int) -> None:
    """Wait a little before the attempt after this one (counted from 0)."""
    time.sleep(secrets.randbelow(1 + (LONGEST_PAUSE_MILLISECONDS << attempt)) / 1000)


def again(act: Callable[[], Result]) -> Result:
    """What `act` gives, a whole transaction: done again after a conflict. Raises the last one."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return act()
        except Exception as error:
            if not is_conflict(error):
                raise
        pause(attempt)
    return act()
