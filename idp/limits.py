"""Limits: those on money and secrets are counted in the database; those by address in memory or Valkey/Redis.

When the store is down, money and secrets fail closed (the database's error goes up), addresses fail open with an
alarm (ARCHITECTURE, decision 11).
"""

import datetime as dt
import hashlib
import ipaddress
import threading
from functools import cache, lru_cache
from typing import Any, Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Executable, Index, LargeBinary, bindparam, case, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.db import Base, UtcInstant, db
from idp.db.hot import Compile, HotPath, places, value, values
from idp.settings import Limits

log = structlog.get_logger(__name__)


class Counter(Base):
    """A window that is being counted. The key is hashed: a copy of the table tells no telephone number or name."""

    __tablename__ = "counters"
    __table_args__ = (Index("ix_counters_ends_at", "ends_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    used: Mapped[int]
    ends_at: Mapped[dt.datetime]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _hit_statement() -> Executable:
    # Both compilers write the conflict clause alike.
    new = postgresql.insert(Counter).values(places(("key", "used", "ends_at")))
    over = Counter.ends_at <= bindparam("v_now", type_=UtcInstant())
    return new.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={
            "used": case((over, new.excluded.used), else_=Counter.used + new.excluded.used),
            "ends_at": case((over, new.excluded.ends_at), else_=Counter.ends_at),
        },
        where=over | (Counter.used + new.excluded.used <= value("limit")),
    ).returning(Counter.used)


HIT = _hit_statement()
"""One statement decides, so that parallel requests never pass a limit together."""
TAKE_BACK = (
    update(Counter)
    .where(Counter.key == value("key"), Counter.ends_at > value("now"), Counter.used > literal_column("0"))
    .values(used=Counter.used - literal_column("1"))
)


def _hit(key: str, limit: int, window_seconds: int, amount: int) -> dict[str, Any]:
    now = clock.now()
    ends_at = now + dt.timedelta(seconds=window_seconds)
    return {"key": _digest(key), "used": amount, "ends_at": ends_at, "now": now, "limit": limit}


def hit(key: str, *, limit: int, window_seconds: int, amount: int = 1) -> bool:
    """Count `amount` under `key` if it fits into `limit`, and tell whether it did. What is refused is not counted.

    The window opens with the first hit and lasts `window_seconds`. Runs in the current transaction; the caller
    commits, refusals too.
    """
    if amount > limit:
        return False
    parameters = {f"v_{name}": value for name, value in _hit(key, limit, window_seconds, amount).items()}
    return db.session.connection().execute(HIT, parameters).first() is not None


def hit_now(key: str, hot: HotPath, *, limit: int, window_seconds: int) -> bool:
    """Count one in the same way, outside any transaction."""
    return hot.write(compiled(hot.compile).hit, values(_hit(key, limit, window_seconds, 1))) is not None


def take_back_now(key: str, hot: HotPath) -> None:
    """Count one less, outside any transaction: what was counted at its beginning ended well."""
    hot.write(compiled(hot.compile).take_back, values({"key": _digest(key), "now": clock.now()}))


def _open_window(key: str) -> tuple[int, dt.datetime] | None:
    query = select(Counter.used, Counter.ends_at).where(Counter.key == _digest(key), Counter.ends_at > clock.now())
    row = db.session.execute(query).first()
    return None if row is None else (row.used, row.ends_at)


def used(key: str) -> int:
    """How much the window that is open under `key` has counted; 0 without one."""
    window = _open_window(key)
    return window[0] if window else 0


class Statements:
    """SQL text of what is asked and counted outside any transaction."""

    def __init__(self, compile: Compile) -> None:
        self.used = compile(select(Counter.used).where(Counter.key == value("key"), Counter.ends_at > value("now")))
        self.hit = compile(HIT)
        self.take_back = compile(TAKE_BACK)


compiled = cache(Statements)


def used_now(key: str, hot: HotPath) -> int:
    """The same, asked outside any transaction."""
    row = hot.read(compiled(hot.compile).used, values({"key": _digest(key), "now": clock.now()}))
    return row[0] if row else 0


def seconds_left(key: str) -> int:
    """Seconds until the window that is open under `key` ends, rounded up; 0 without one."""
    window = _open_window(key)
    return -int((clock.now() - window[1]) // dt.timedelta(seconds=1)) if window else 0


def clear(key: str) -> None:
    """Forget what was counted under `key`: a recovery lifts a lock."""
    db.session.execute(delete(Counter).where(Counter.key == _digest(key)))


def sweep(batch: int = 1000) -> int:
    """Delete windows that ended, at most `batch`; how many. The worker's housekeeping."""
    ended = select(Counter.key).where(Counter.ends_at <= clock.now()).order_by(Counter.ends_at).limit(batch)
    gone = db.session.execute(delete(Counter).where(Counter.key.in_(ended)).returning(Counter.key))
    return len(gone.all())


class Counts(Protocol):
    """Counts by network address in fixed windows, which open with the first hit."""

    def hit(self, kind: str, network: str, limit: int, window_seconds: int) -> bool:
        """Count one; whether it is within the limit."""


class CountsInMemory:
    """Counts of this process alone. What ended is forgotten when many are kept, not by a thread for each hit."""

    MANY = 10_000

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, int, int], tuple[int, dt.datetime]] = {}
        self._lock = threading.Lock()

    def hit(self, kind: str, network: str, limit: int, window_seconds: int) -> bool:
        now, key = clock.now(), (kind, network, limit, window_seconds)
        with self._lock:
            used, ends_at = self._windows.get(key, (0, now))
            if ends_at <= now:
                used, ends_at = 0, now + dt.timedelta(seconds=window_seconds)
                self._forget(now)
            self._windows[key] = (used + 1, ends_at)
        return used < limit

    def _forget(self, now: dt.datetime) -> None:
        """When the counts are too many, the windows that ended go, and all of them if that is not enough."""
        if len(self._windows) >= self.MANY:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        if len(self._windows) >= 10 * self.MANY:
            self._windows.clear()


class CountsInStore:
    """Counts that all processes share, in Valkey or Redis."""

    def __init__(self, store: str) -> None:
        storage = storage_from_string(store, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1)
        assert isinstance(storage, Storage)
        self._limiter = FixedWindowRateLimiter(storage)

    def hit(self, kind: str, network: str, limit: int, window_seconds: int) -> bool:
        return self._limiter.hit(RateLimitItemPerSecond(limit, window_seconds), kind, network)


class AddressLimits:
    """Counts by network address. A store that is down lets everybody through for a while, and an alarm is logged."""

    PAUSE = dt.timedelta(seconds=10)
    """How long a store that failed is left alone: no request waits for it meanwhile."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._counts: Counts | None = None
        self._down_until: dt.datetime | None = None
        self._lock = threading.Lock()

    def hit(self, kind: str, address: str, *, limit: int, window_seconds: int) -> bool:
        """Count one request of `kind` from `address`; whether it is within the limit."""
        if self._down_until is not None and clock.now() < self._down_until:
            return True
        try:
            return self._open().hit(kind, network(address), limit, window_seconds)
        except StorageError as error:
            self._down_until = clock.now() + self.PAUSE
            log.error("address_limits_store_down", alarm=True, store_error=type(error.storage_error).__name__)
            return True

    def _open(self) -> Counts:
        with self._lock:
            if self._counts is None:
                self._counts = CountsInMemory() if self._store == "memory://" else CountsInStore(self._store)
            return self._counts


def network(address: str) -> str:
    """What is counted as one address: an IPv4 address, an IPv6 /64 (what one household has)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)


@lru_cache(maxsize=8)
def _address_limits(store: str) -> AddressLimits:
    return AddressLimits(store)


def hit_address(settings: Limits, kind: str, address: str, *, limit: int, window_seconds: int) -> bool:
    """Count one request of `kind` (such as `login`) from `address`; whether it is within the limit."""
    return _address_limits(settings.store).hit(kind, address, limit=limit, window_seconds=window_seconds)
