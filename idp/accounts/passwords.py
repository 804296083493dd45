"""Passwords: the policy, and argon2id with a bounded number of hashes at the same time."""

import os
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from idp.accounts.errors import HashingBusy, PasswordRefused
from idp.settings import Passwords

LONGEST = 128
"""Characters; more is never hashed, so that a huge body costs nothing."""

LENGTHS = {"guide": (8, 14), "anssi": (12, LONGEST)}
"""Parents' guide: «entre 8 et 14 caractères non accentués»; ANSSI-PG-078 and CNIL 2022-100 for the other."""


def length_limits(settings: Passwords) -> tuple[int, int]:
    """Fewest and most characters of a password."""
    return LENGTHS[settings.policy]


def check_policy(password: str, identifiant: str, settings: Passwords) -> None:
    """Raises PasswordRefused with every rule that the password breaks."""
    shortest, longest = length_limits(settings)
    kept = {"length": shortest <= len(password) <= longest}
    if settings.policy == "guide":
        kept["letter"] = any(c.isascii() and c.isalpha() for c in password)
        kept["digit"] = any(c.isascii() and c.isdigit() for c in password)
        kept["plain"] = all("!" <= c <= "~" for c in password)
    else:
        kept["plain"] = password.isprintable()
    kept["common"] = password.lower() not in _common()
    kept["identifiant"] = not identifiant or identifiant.lower() not in password.lower()
    broken = tuple(rule for rule, holds in kept.items() if not holds)
    if broken:
        raise PasswordRefused(rules=broken)


def hash(password: str, settings: Passwords) -> str:
    """The argon2id hash. Raises HashingBusy when the queue is full. Never call it inside a transaction."""
    return _hasher(settings).hash(password)


def verify(password_hash: str | None, password: str, settings: Passwords) -> bool:
    """True when the password is right. Without a hash it takes the same time and gives False."""
    return _hasher(settings).verify(password_hash, password)


def needs_rehash(password_hash: str, settings: Passwords) -> bool:
    """True when the settings ask for other parameters than this hash has."""
    return _hasher(settings).needs_rehash(password_hash)


def available_processors() -> int:
    """Those that this process may use: a container has often fewer than its machine."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _composed(password: str) -> str:
    """One form of accented letters: some keyboards send the accent apart (NIST SP 800-63B §5.1.1.2)."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


@lru_cache(maxsize=8)
def _hasher(settings: Passwords) -> "Hasher":
    return Hasher(settings)


class Hasher:
    """argon2id with at most so many hashes at once and so many callers that wait (memory and time stay bounded)."""

    def __init__(self, settings: Passwords) -> None:
        self._argon2 = PasswordHasher(
            time_cost=settings.argon2_time,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        running = settings.concurrent_hashes or available_processors()
        self._running = threading.BoundedSemaphore(running)
        self._places = threading.BoundedSemaphore(running + settings.waiting_hashes)
        self._dummy = self._argon2.hash("no account has this password")

    def hash(self, password: str) -> str:
        with self._turn():
            return self._argon2.hash(_composed(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        with self._turn():
            try:
                right = self._argon2.verify(password_hash or self._dummy, _composed(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False
            return right and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise HashingBusy(retry_seconds=5)
        try:
            with self._running:
                yield
        finally:
            self._places.release()
