"""Logging in with identifiant and password, within the limits of the login page.

A try is counted before its password is looked at, so that tries sent in parallel all count.
Source: journeys, «Écran d'authentification»; OWASP WSTG-ATHN-03.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import NoReturn

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from idp import audit, clock, limits
from idp.accounts import merges, passwords
from idp.accounts.errors import AccountUnavailable, NewPasswordDue, TooManyTries, WrongCredentials
from idp.accounts.identifiant import normalise
from idp.accounts.models import MAY_LOG_IN, Account, LoginAttempts
from idp.db import db
from idp.settings import Settings

TOTAL = "login:total"
BY_IDENTIFIANT = select(Account.id, Account.password_hash).where(Account.identifiant == bindparam("identifiant"))


def authenticate(typed: str, password: str, address: str, settings: Settings) -> Account:
    """The account of this identifiant and password, which logs in.

    Raises WrongCredentials, TooManyTries, AccountUnavailable, NewPasswordDue, HashingBusy.
    """
    account = verify(typed, password, address, settings)
    admit(account)
    return account


def admit(account: Account) -> None:
    """Let in the account whose password was right. Raises AccountUnavailable."""
    if account.state not in MAY_LOG_IN:
        audit.record("login.refused", account_id=account.id)
        db.session.commit()
        raise AccountUnavailable(state=account.state, keeper=merges.keeper_name(account))
    note_login(account)


def verify(typed: str, password: str, address: str, settings: Settings, *, even_if_due: bool = False) -> Account:
    """The account of this identifiant and password, in whatever state; the try counts as one of the login page's.

    Commits: the try is kept whatever comes next, and no transaction is open while the password is hashed.
    `even_if_due` is for somebody who logged in by something else and chooses the next password now.
    Raises WrongCredentials, TooManyTries, NewPasswordDue, HashingBusy.
    """
    row = db.session.execute(BY_IDENTIFIANT, {"identifiant": normalise(typed)}).first()
    account_id, password_hash = (row.id, row.password_hash) if row else (None, None)
    target = _target(account_id, typed)
    failures, in_total = limits.used_of(_address_key(address), TOTAL)
    if failures >= settings.login.failures_per_address:
        _refuse_address(address)
    _count_try(target, settings, in_total)
    db.session.commit()
    right = passwords.verify(password_hash, password, settings.passwords)
    fresh = None
    if right and password_hash and passwords.needs_rehash(password_hash, settings.passwords):
        fresh = passwords.hash(password, settings.passwords)
    if not right or account_id is None:
        count_failure(address, account_id, settings)
        raise WrongCredentials
    account = _accept(account_id, password_hash, target, fresh)
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


def _count_try(target: str, settings: Settings, failures_in_total: int) -> None:
    """Count one try on a target. Raises TooManyTries while it must wait."""
    now = clock.now()
    slow_after = settings.login.slow_after if failures_in_total < settings.login.failures_in_total else 1
    lock = dt.timedelta(minutes=settings.login.lock_minutes)
    first = {"failures": 1, "first_at": now, "next_at": now + _delay(1, slow_after)}
    row = _attempts(target, first | {"locked_until": now + lock if settings.login.failures == 1 else None})
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


def _refuse(ends_at: dt.datetime, *, locked: bool) -> NoReturn:
    db.session.commit()
    raise TooManyTries(ends_at=ends_at, locked=locked)


def _attempts(target: str, first_try: Mapping[str, object]) -> LoginAttempts | None:
    """The row of a target; None when this try was the first, which is then written, and two at once find each other."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    first = insert(LoginAttempts).values(target=target, **first_try)
    made = first.on_conflict_do_nothing().returning(LoginAttempts.target)
    if db.session.connection().execute(made).first() is not None:
        return None
    return db.session.scalars(select(LoginAttempts).where(LoginAttempts.target == target).with_for_update()).one()


def _delay(failures: int, slow_after: int) -> dt.timedelta:
    """1, 2, 4, 8… seconds from `slow_after` on; it is 1 while the whole site is under attack."""
    over = failures - slow_after
    return dt.timedelta(seconds=2**over if over >= 0 else 0)


def count_failure(address: str, account_id: str | None, settings: Settings) -> None:
    """Count a try that failed against its address and the site. Commits."""
    window = settings.login.window_minutes * 60
    limits.hit(_address_key(address), limit=settings.login.failures_per_address, window_seconds=window)
    limits.hit(TOTAL, limit=settings.login.failures_in_total, window_seconds=window)
    audit.record("login.failed", account_id=account_id)
    db.session.commit()


def _accept(account_id: str, checked_hash: str | None, target: str, fresh_hash: str | None) -> Account:
    account = db.session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    if account.password_hash != checked_hash:
        # It was changed while the old one was being checked: what the change ended must not open again.
        db.session.commit()
        raise WrongCredentials
    db.session.execute(delete(LoginAttempts).where(LoginAttempts.target == target))
    if fresh_hash:
        account.password_hash = fresh_hash
    return account


def note_login(account: Account) -> None:
    """Write the login down: «Dernière connexion le…» shows the one before."""
    account.previous_login_at, account.last_login_at = account.last_login_at, clock.now()
    audit.record("login.succeeded", account_id=account.id)
