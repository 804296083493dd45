"""Letting staff in: a password, then a second factor, within limits. A try is counted before it is looked at.

A browser in which the colleague was let in before counts for itself: nobody who tries elsewhere makes it wait.
Strangers count by address and all together: many addresses have no more tries than one account may take (ATTACKS 81).
"""

import datetime as dt
import hashlib
from typing import NoReturn

from sqlalchemy import select

from idp import audit, clock, limits
from idp.accounts import passwords
from idp.authenticators import PasskeyRefused
from idp.db import db
from idp.settings import Settings
from idp.staff import browsers, passkeys, recovery_codes, service, totp
from idp.staff.browsers import Place
from idp.staff.errors import CredentialsRefused, FactorRefused, MustWait
from idp.staff.models import StaffAccount

BY_ADDRESS = "staff:address:"


def verify_password(
    typed: str, password: str, place: Place, settings: Settings, *, factor: bool = True
) -> StaffAccount:
    """The account of this login and password, when it has a second factor to ask for (or not, with `factor` False).

    Commits: the try is kept, and no transaction is open while the password is hashed.
    Raises CredentialsRefused, MustWait, HashingBusy.
    """
    login = service.normalise(typed)
    staff = db.session.scalar(select(StaffAccount).where(StaffAccount.login == login))
    staff_id, password_hash = (staff.id, staff.password_hash) if staff else (None, None)
    key = _count_password(login, staff_id, place, settings)
    right = passwords.verify(password_hash, password, settings.passwords)
    if not right or staff_id is None:
        _refuse(staff_id, "password")
    found = db.session.get_one(StaffAccount, staff_id, populate_existing=True)
    if found.disabled_at or found.password_hash != password_hash or service.has_factor(found) != factor:
        _refuse(staff_id, "password")
    limits.clear(key)
    return found


def _refuse(staff_id: str | None, what: str) -> NoReturn:
    audit.record("staff.login_failed", staff_id=staff_id, what=what)
    db.session.commit()
    raise CredentialsRefused


def check_code(staff: StaffAccount, code: str, place: Place, settings: Settings) -> None:
    """Take a code of the authenticator application, or a recovery code. Commits a refusal.

    Raises FactorRefused, MustWait.
    """
    key = _count_code(staff, place, settings)
    if totp.take(staff, code):
        method = "totp"
    elif len(code) <= 40 and recovery_codes.take(staff, code):
        method = "recovery_code"
    else:
        _refuse_factor(staff, "code")
    limits.clear(key)
    audit.record("staff.factor_accepted", by=staff.by, method=method)


def check_passkey(staff: StaffAccount, response: str, challenge: bytes, place: Place, settings: Settings) -> None:
    """Take the answer of one of the account's passkeys. Commits a refusal. Raises FactorRefused, MustWait.

    Nobody guesses a signature: only the address is counted, so that wrong codes never keep a passkey out.
    """
    if not _known(staff.id, place, settings):
        _count(settings, _address(place, settings))
    try:
        passkeys.confirm(staff, response, challenge, settings)
    except PasskeyRefused as refusal:
        _refuse_factor(staff, refusal.reason)
    audit.record("staff.factor_accepted", by=staff.by, method="passkey")


def _refuse_factor(staff: StaffAccount, reason: str) -> NoReturn:
    audit.record("staff.factor_failed", by=staff.by, reason=reason)
    db.session.commit()
    raise FactorRefused(reason=reason)


Count = tuple[str, int]
"""A key, and how much it may count within the window."""


def _known(staff_id: str | None, place: Place, settings: Settings) -> str:
    return browsers.name_of(place.cookie, staff_id, settings.keys.directory) if staff_id else ""


def _address(place: Place, settings: Settings) -> Count:
    return f"{BY_ADDRESS}{limits.network(place.address)}", settings.staff.failures_per_address


def _count_password(login: str, staff_id: str | None, place: Place, settings: Settings) -> str:
    """Count one try; the key that a right password clears. Commits. Raises MustWait."""
    account = f"staff:password:{hashlib.sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()}"
    if known := _known(staff_id, place, settings):
        own = f"{account}:browser:{known}"
        return _count(settings, (own, settings.staff.failures))
    own = f"{account}:address:{limits.network(place.address)}"
    together = (account, settings.staff.failures_of_strangers)
    return _count(settings, (own, settings.staff.failures), _address(place, settings), together)


def _count_code(staff: StaffAccount, place: Place, settings: Settings) -> str:
    """Count one try; the key that a right code clears. Commits. Raises MustWait."""
    account = f"staff:factor:{staff.id}"
    if known := _known(staff.id, place, settings):
        return _count(settings, (f"{account}:browser:{known}", settings.staff.factor_failures))
    return _count(settings, (account, settings.staff.factor_failures), _address(place, settings))


def _count(settings: Settings, *counts: Count) -> str:
    window = settings.staff.window_minutes * 60
    for key, most in counts:
        if not limits.hit(key, limit=most, window_seconds=window):
            ends_at = clock.now() + dt.timedelta(seconds=limits.seconds_left(key))
            audit.record("staff.login_slowed", by_address=key.startswith(BY_ADDRESS))
            db.session.commit()
            raise MustWait(ends_at=ends_at)
    db.session.commit()
    return counts[0][0]
