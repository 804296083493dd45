"""Staff accounts: invited, found, disabled, and given a new way in."""

import re
import unicodedata
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select

from idp import audit, clock
from idp.accounts import passwords
from idp.db import db
from idp.registry.models import School
from idp.settings import Passwords, Staff
from idp.staff import academies, invitations, passkeys, sessions
from idp.staff.errors import LoginInvalid, LoginTaken, RoleIncomplete, StaffUnknown
from idp.staff.models import Role, StaffAccount, StaffPasskey, StaffRecoveryCode, StaffSchool

LOGIN = re.compile(r"[a-z][a-z0-9.-]{2,39}")


def normalise(typed: str) -> str:
    """A login as it is stored, whatever the case."""
    return unicodedata.normalize("NFKC", typed[:200]).strip().lower()


def policy(settings: Passwords) -> Passwords:
    """Staff choose passwords of 12 to 128 characters, whatever parents' policy is."""
    return msgspec.structs.replace(settings, policy="anssi")


def set_password(staff: StaffAccount, password_hash: str) -> None:
    """Change the password; every session of before ends."""
    staff.password_hash = password_hash
    sessions.end_all(staff.id)
    audit.record("staff.password_set", by=staff.by)


def hash_password(password: str, settings: Passwords) -> str:
    """Never inside a transaction. Raises HashingBusy."""
    return passwords.hash(password, policy(settings))


def has_factor(staff: StaffAccount) -> bool:
    """Whether there is a second factor to ask for."""
    return bool(staff.totp) or bool(passkeys.of(staff.id))


def add(login: str, name: str, role: Role, *, uais: Sequence[str] = (), academie: str = "", by: str) -> StaffAccount:
    """A new account, which nothing opens yet. Raises LoginInvalid, LoginTaken, RoleIncomplete."""
    written = normalise(login)
    if not LOGIN.fullmatch(written):
        raise LoginInvalid(login=written)
    if db.session.scalar(select(StaffAccount.id).where(StaffAccount.login == written)):
        raise LoginTaken(login=written)
    staff = StaffAccount(
        login=written, name=name.strip()[:100] or written, role=role, created_at=clock.now(), created_by=by
    )
    staff.schools = [StaffSchool(uai=uai) for uai in _schools(role, uais)]
    staff.academie = _academie(role, academie)
    db.session.add(staff)
    db.session.flush()
    audit.record("staff.added", staff_id=staff.id, role=role, schools=",".join(staff.uais), by=by)
    return staff


def _schools(role: Role, uais: Sequence[str]) -> list[str]:
    wanted = sorted({uai.strip().upper() for uai in uais})
    if (role == "school_head") != bool(wanted):
        raise RoleIncomplete(reason="schools")
    known = set(db.session.scalars(select(School.uai).where(School.uai.in_(wanted))))
    if known != set(wanted):
        raise RoleIncomplete(reason="schools")
    return wanted


def _academie(role: Role, name: str) -> str:
    found = academies.find(name) if name else None
    if (role == "support") != bool(found):
        raise RoleIncomplete(reason="academie")
    return found or ""


def get(login: str) -> StaffAccount:
    """Raises StaffUnknown."""
    staff = db.session.scalar(select(StaffAccount).where(StaffAccount.login == normalise(login)))
    if staff is None:
        raise StaffUnknown(login=login)
    return staff


def everybody() -> list[StaffAccount]:
    """All staff, by login."""
    return list(db.session.scalars(select(StaffAccount).order_by(StaffAccount.login)))


def disable(staff: StaffAccount, *, by: str) -> None:
    """Nothing opens the account from now on, and what was open is closed."""
    staff.disabled_at = staff.disabled_at or clock.now()
    sessions.end_all(staff.id)
    audit.record("staff.disabled", staff_id=staff.id, by=by)


def enable(staff: StaffAccount, *, by: str) -> None:
    """The account's password and second factor open it again."""
    staff.disabled_at = None
    audit.record("staff.enabled", staff_id=staff.id, by=by)


def reset_factor(staff: StaffAccount, settings: Staff, *, by: str) -> str:
    """Forget the second factors; a link to set up a new one, which asks for the password too (ATTACKS 126)."""
    staff.totp, staff.totp_step = None, None
    for kept in (StaffPasskey, StaffRecoveryCode):
        db.session.execute(delete(kept).where(kept.staff_id == staff.id))
    sessions.end_all(staff.id)
    audit.record("staff.factor_reset", staff_id=staff.id, by=by)
    return invitations.make(staff, "factor", settings, by=by)
