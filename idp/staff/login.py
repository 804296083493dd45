"""Letting staff in: a password, then a second factor, within limits. A try is counted before it is looked at."""

import datetime as dt
import hashlib

from sqlalchemy import select

from idp import audit, clock, limits
from idp.accounts import passwords
from idp.authenticators import PasskeyRefused
from idp.db import db
from idp.settings import Settings
from idp.staff import passkeys, recovery_codes, service, totp
from idp.staff.errors import CredentialsRefused, FactorRefused, MustWait
from idp.staff.models import StaffAccount


def verify_password(
    typed: str, password: str, address: str, settings: Settings, *, factor: bool = True
) -> StaffAccount:
    """The account of this login and password, when it has a second factor to ask for (or not, with `factor` False).

    Commits: the try is kept, and no transaction is open while the password is hashed.
    Raises CredentialsRefused, MustWait, HashingBusy.
    """
    login = service.normalise(typed)
    staff = db.session.scalar(select(StaffAccount).where(StaffAccount.login == login))
    key = f"staff:password:{hashlib.sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()}"
    _count(key, settings.staff.failures, address, settings)
    staff_id, password_hash = (staff.id, staff.password_hash) if staff else (None, None)
    db.session.commit()
    right = passwords.verify(password_hash, password, settings.passwords)
    if not right or staff_id is None:
        _refuse(staff_id, "password")
    found = db.session.get_one(StaffAccount, staff_id, populate_existing=True)
    if found.disabled_at or found.password_hash != password_hash or service.has_factor(found) != factor:
        _refuse(staff_id, "password")
    limits.clear(key)
    return found


def _refuse(staff_id: str | None, what: str) -> None:
    audit.record("staff.login_failed", staff_id=staff_id, what=what)
    db.session.commit()
    raise CredentialsRefused


def check_code(staff: StaffAccount, code: str, address: str, settings: Settings) -> None:
    """Take a code of the authenticator application, or a recovery code. Commits a refusal.

    Raises FactorRefused, MustWait.
    """
    key = _begin(staff, address, settings)
    if totp.take(staff, code):
        _accept(staff, key, "totp")
    elif len(code) <= 40 and recovery_codes.take(staff, code):
        _accept(staff, key, "recovery_code")
    else:
        _refuse_factor(staff, "code")


def check_passkey(staff: StaffAccount, response: str, challenge: bytes, address: str, settings: Settings) -> None:
    """Take the answer of one of the account's passkeys. Commits a refusal. Raises FactorRefused, MustWait."""
    key = _begin(staff, address, settings)
    try:
        passkeys.confirm(staff, response, challenge, settings)
    except PasskeyRefused as refusal:
        _refuse_factor(staff, refusal.reason)
    _accept(staff, key, "passkey")


def _begin(staff: StaffAccount, address: str, settings: Settings) -> str:
    key = f"staff:factor:{staff.id}"
    _count(key, settings.staff.factor_failures, address, settings)
    return key


def _refuse_factor(staff: StaffAccount, reason: str) -> None:
    audit.record("staff.factor_failed", by=staff.by, reason=reason)
    db.session.commit()
    raise FactorRefused(reason=reason)


def _accept(staff: StaffAccount, key: str, method: str) -> None:
    limits.clear(key)
    audit.record("staff.factor_accepted", by=staff.by, method=method)


def _count(key: str, most: int, address: str, settings: Settings) -> None:
    """Count one try on an account and on its address. Commits. Raises MustWait."""
    window = settings.staff.window_minutes * 60
    from_address = f"staff:address:{limits.network(address)}"
    for counter, limit in ((key, most), (from_address, settings.staff.failures_per_address)):
        if not limits.hit(counter, limit=limit, window_seconds=window):
            ends_at = clock.now() + dt.timedelta(seconds=limits.seconds_left(counter))
            audit.record("staff.login_slowed", by_address=counter == from_address)
            db.session.commit()
            raise MustWait(ends_at=ends_at)
    db.session.commit()
