"""The one source of time. Instants are aware UTC datetimes, whole milliseconds, as the database keeps them."""

import datetime as dt
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The zone in which people read times."""


def _system() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # the one place that may


_source: Callable[[], dt.datetime] = _system


def use(source: Callable[[], dt.datetime] | None = None) -> None:
    """Read time from `source` from now on; without argument, from the system again."""
    global _source
    _source = source or _system


def now() -> dt.datetime:
    """The current instant in UTC, cut to the millisecond."""
    instant = _source()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def milliseconds() -> int:
    """The current instant in milliseconds since 1970, as the hot path counts: without a datetime."""
    return time.time_ns() // 1_000_000 if _source is _system else to_milliseconds(now())


def to_milliseconds(instant: dt.datetime) -> int:
    """Milliseconds since 1970 of an aware instant. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    delta = instant - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def from_milliseconds(milliseconds: int) -> dt.datetime:
    """The UTC instant that many milliseconds after 1970."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)
