"""The number of a request, which a page and a mail tell and a person reads out: `2026-418-207-553`. It opens nothing.

Its nine digits hold the minute of the year, beside chance: so the audit log is asked about some minutes alone, and
needs no index for numbers.
"""

import datetime as dt
import re
import secrets

from idp import clock

MINUTES = 366 * 24 * 60
IN_A_MINUTE = 10**9 // MINUTES
READ = re.compile(r"(2\d{3})[ .–-]?(\d{3})[ .–-]?(\d{3})[ .–-]?(\d{3})")
AROUND = dt.timedelta(minutes=1)
"""The line in the log may be a little older or younger than the number."""


def new() -> str:
    """A number for a request that is made now."""
    now = clock.now()
    minute = int((now - _new_year(now.year)).total_seconds()) // 60
    return _spelt(now.year, minute * IN_A_MINUTE + secrets.randbelow(IN_A_MINUTE))


def read(typed: str) -> str | None:
    """The number as it was told, whichever way its digits are grouped; None for anything else."""
    found = READ.fullmatch(typed.strip())
    return "-".join(found.groups()) if found else None


def made_between(number: str) -> tuple[dt.datetime, dt.datetime]:
    """The instants between which a request of that number was noted."""
    year, *digits = number.split("-")
    at = _new_year(int(year)) + dt.timedelta(minutes=int("".join(digits)) // IN_A_MINUTE)
    return at - AROUND, at + 2 * AROUND


def _new_year(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1, tzinfo=dt.UTC)


def _spelt(year: int, value: int) -> str:
    digits = f"{value:09}"
    return f"{year}-{digits[:3]}-{digits[3:6]}-{digits[6:]}"
