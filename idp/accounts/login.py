"""Logging in with identifiant and password, within the limits of the login page.

A try is counted before its password is looked at, so that tries sent in parallel all count.
Source: journeys, «Écran d'authentification»; OWASP WSTG-ATHN-03.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql

from idp import audit, clock, limits
from idp.accounts import merges, passwords
from idp.accounts.errors import AccountUnavailable, NewPasswordDue, TooManyTries, WrongCredentials
from idp.accounts.identifiant import normalise
from idp.accounts.models import MAY_LOG_IN, Account, LoginAttempts
from idp.db import UtcInstant, db
from idp.db.hot import Compile, HotPath, places, values
from idp.settings import Settings

TOTAL = "login:total"
LONGEST_TYPED = 200
"""Characters of an identifiant that are looked at."""
Column = str | int | dt.datetime | None
FIRST_TRY = ("target", "failures", "first_at", "next_at", "locked_until")
HELD_ACCOUNT = (
    select(Account)
    .where(Account.id == bindparam("account_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
HELD_TRIES = (
    select(LoginAttempts)
    .where(LoginAttempts.target == bindparam("target"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
NOTE_LOGIN = (
    update(Account)
    .where(Account.id == bindparam("v_id"))
    .values(previous_login_at=Account.last_login_at, last_login_at=bindparam("v_now", type_=UtcInstant()))
)
FORGET_TRIES = delete(LoginAttempts).where(LoginAttempts.target == bindparam("v_target"))


@dataclass(frozen=True, slots=True)
class Passed:
    """A try whose password was right; the account's state is not looked at yet."""

    account_id: str
    password_hash: str | None
    """What it was checked against; another one by now means that it was changed meanwhile."""
    target: str
    """Whose failures are forgotten."""
    fresh_hash: str | None
    """The same password with today's parameters, where the settings changed."""


class Statements:
    """SQL text of what comes before the password is looked at, each a transaction of its own."""

    def __init__(self, compile: Compile) -> None:
        named = Account.identifiant == bindparam("v_identifiant")
        self.account = compile(select(Account.id, Account.password_hash).where(named))
        # Both compilers write the conflict clause alike.
        first = postgresql.insert(LoginAttempts).values(places(FIRST_TRY))
        self.first_try = compile(first.on_conflict_do_nothing().returning(LoginAttempts.target))


compiled = cache(Statements)


def authenticate(typed: str, password: str, address: str, hot: HotPath, settings: Settings) -> Account:
    """The account of this identifiant and password, which may log in.

    Raises WrongCredentials, TooManyTries, AccountUnavailable, NewPasswordDue, HashingBusy.
    """
    account = verify(typed, password, address, hot, settings)
    admit(account)
    return account


def admit(account: Account) -> None:
    """Let in the account whose password was right. Raises AccountUnavailable."""
    if account.state not in MAY_LOG_IN:
        audit.record("login.refused", account_id=account.id)
        db.session.commit()
        raise AccountUnavailable(state=account.state, keeper=merges.keeper_name(account))


def verify(
    typed: str, password: str, address: str, hot: HotPath, settings: Settings, *, even_if_due: bool = False
) -> Account:
    """The account of this identifiant and password, in whatever state; the try counts as one of the login page's.

    `even_if_due` is for somebody who logged in by something else and chooses the next password now.
    Raises WrongCredentials, TooManyTries, NewPasswordDue, HashingBusy.
    """
    return accept(check(typed, password, address, hot, settings), even_if_due=even_if_due)


def check(typed: str, password: str, address: str, hot: HotPath, settings: Settings) -> Passed:
    """Count a try and look at its password.

    Commits: the try is kept whatever comes next, and no transaction is open while the password is hashed.
    Raises WrongCredentials, TooManyTries, HashingBusy.
    """
    db.session.commit()
    row = hot.read(compiled(hot.compile).account, {"v_identifiant": normalise(typed)})
    account_id, password_hash = row or (None, None)
    target = _target(account_id, typed)
    if limits.used_now(_address_key(address), hot) >= settings.login.failures_per_address:
        _refuse_address(address)
    _count_try(target, hot, settings)
    if not _is_right(password_hash, password, address, hot, settings):
        _note_failure(account_id, settings)
        raise WrongCredentials
    fresh = None
    if passwords.needs_rehash(password_hash, settings.passwords):
        fresh = passwords.hash(password, settings.passwords)
    return Passed(account_id, password_hash, target, fresh)


def _is_right(password_hash: str | None, password: str, address: str, hot: HotPath, settings: Settings) -> bool:
    """Whether the password is right; unless it is, one more failure stands against the address.

    It is counted first: of tries that are sent together, no more are looked at than the address has left.
    """
    key, window = _address_key(address), settings.login.window_minutes * 60
    if not limits.hit_now(key, hot, limit=settings.login.failures_per_address, window_seconds=window):
        _refuse_address(address)
    failed = False
    try:
        failed = not passwords.verify(password_hash, password, settings.passwords)
    finally:
        if not failed:  # Right, or not looked at.
            limits.take_back_now(key, hot)
    return not failed


def accept(passed: Passed, *, even_if_due: bool = False) -> Account:
    """The account, held, with its failures forgotten. Raises WrongCredentials, NewPasswordDue."""
    account = db.session.scalars(HELD_ACCOUNT, {"account_id": passed.account_id}).one()
    if account.password_hash != passed.password_hash:
        # It was changed while the old one was being checked: what the change ended must not open again.
        db.session.commit()
        raise WrongCredentials
    db.session.connection().execute(FORGET_TRIES, {"v_target": passed.target})
    if passed.fresh_hash:
        account.password_hash = passed.fresh_hash
    if account.new_password_due_at is not None and not even_if_due:
        audit.record("login.refused", account_id=account.id)
        raise NewPasswordDue(account_id=account.id, state=account.state, keeper="")
    return account


def lift_lock(account_id: str) -> None:
    """Forget the account's failures: a recovery by SMS or mail calls it."""
    db.session.execute(delete(LoginAttempts).where(LoginAttempts.target == f"account:{account_id}"))


def locked_until(account_id: str) -> dt.datetime | None:
    """Until when the account takes no password, when too many were wrong."""
    row = db.session.get(LoginAttempts, f"account:{account_id}")
    return row.locked_until if row and row.locked_until and row.locked_until > clock.now() else None


def _target(account_id: str | None, typed: str) -> str:
    if account_id is not None:
        return f"account:{account_id}"
    return "unknown:" + hashlib.sha256(normalise(typed).encode()).hexdigest()


def _address_key(address: str) -> str:
    return f"login:address:{limits.network(address)}"


def check_address(address: str, settings: Settings) -> None:
    """Raises TooManyTries while too many tries have failed from this address."""
    if limits.used(_address_key(address)) >= settings.login.failures_per_address:
        _refuse_address(address)


def _refuse_address(address: str) -> NoReturn:
    _refuse(clock.now() + dt.timedelta(seconds=limits.seconds_left(_address_key(address))), locked=True)


def _count_try(target: str, hot: HotPath, settings: Settings) -> None:
    """Count one try on a target, for good. Raises TooManyTries while it must wait."""
    now = clock.now()
    slow_after = settings.login.slow_after if limits.used_now(TOTAL, hot) < settings.login.failures_in_total else 1
    lock = dt.timedelta(minutes=settings.login.lock_minutes)
    first: dict[str, Column] = {
        "target": target,
        "failures": 1,
        "first_at": now,
        "next_at": now + _delay(1, slow_after),
        "locked_until": now + lock if settings.login.failures == 1 else None,
    }
    row = _earlier_tries(first, hot)
    if row is None:
        return
    if row.locked_until and row.locked_until > now:
        _refuse(row.locked_until, locked=True)
    if row.next_at > now:
        _refuse(row.next_at, locked=False)
    window = dt.timedelta(minutes=settings.login.window_minutes)
    if row.first_at + window <= now or row.locked_until:
        row.failures, row.first_at, row.locked_until = 0, now, None
    row.failures += 1
    row.next_at = now + _delay(row.failures, slow_after)
    if row.failures >= settings.login.failures:
        row.locked_until = now + lock
    db.session.commit()


def _refuse(ends_at: dt.datetime, *, locked: bool) -> NoReturn:
    db.session.commit()
    raise TooManyTries(ends_at=ends_at, locked=locked)


def _earlier_tries(first: Mapping[str, Column], hot: HotPath) -> LoginAttempts | None:
    """The row of a target, held; None when this try was its first: it is written, and two at once find each other."""
    while hot.write(compiled(hot.compile).first_try, values(first)) is None:
        if (earlier := db.session.scalar(HELD_TRIES, {"target": first["target"]})) is not None:
            return earlier
        db.session.commit()  # The right password came meanwhile, and they were forgotten.
    return None


def _delay(failures: int, slow_after: int) -> dt.timedelta:
    """1, 2, 4, 8… seconds from `slow_after` on; it is 1 while the whole site is under attack."""
    over = failures - slow_after
    return dt.timedelta(seconds=2**over if over >= 0 else 0)


def count_failure(address: str, settings: Settings) -> None:
    """Count an attempt that failed without a password against its address and the site. Commits."""
    window = settings.login.window_minutes * 60
    limits.hit(_address_key(address), limit=settings.login.failures_per_address, window_seconds=window)
    _note_failure(None, settings)


def _note_failure(account_id: str | None, settings: Settings) -> None:
    window = settings.login.window_minutes * 60
    limits.hit(TOTAL, limit=settings.login.failures_in_total, window_seconds=window)
    audit.record("login.failed", account_id=account_id)
    db.session.commit()


def note_login(account: Account) -> None:
    """Write the login down: «Dernière connexion le…» shows the one before."""
    audit.record("login.succeeded", account_id=account.id)
    db.session.connection().execute(NOTE_LOGIN, {"v_id": account.id, "v_now": clock.now()})
