"""Staff accounts: made, found, and their passwords."""

import re
import unicodedata
from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from idp import audit, clock
from idp.accounts import passwords
from idp.accounts.email import is_address
from idp.db import db
from idp.registry import academies
from idp.registry.models import School
from idp.settings import Passwords
from idp.staff import passkeys, sessions
from idp.staff.errors import EmailInvalid, LoginInvalid, LoginTaken, RoleIncomplete, StaffUnknown
from idp.staff.models import Role, StaffAccount, StaffSchool

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


def is_new(staff: StaffAccount) -> bool:
    """Whether nobody has ever come in: a new link of invitation gives nothing that the first one did not.

    Never for an administrator: two agreed on the person, so two agree on each link.
    """
    came_in = staff.password_hash or staff.last_login_at or has_factor(staff)
    return not (came_in or staff.disabled_at or staff.role == "administrator")


def add(
    login: str, name: str, role: Role, *, email: str = "", uais: Sequence[str] = (), academie: str = "", by: str
) -> StaffAccount:
    """A new account, which nothing opens yet. Raises LoginInvalid, LoginTaken, EmailInvalid, RoleIncomplete."""
    written, called, address = check_new(login, name, email)
    staff = StaffAccount(login=written, name=called, email=address, role=role, created_at=clock.now(), created_by=by)
    schools, staff.academie = check_border(role, uais, academie)
    staff.schools = [StaffSchool(uai=uai) for uai in schools]
    db.session.add(staff)
    db.session.flush()
    audit.record("staff.added", staff_id=staff.id, role=role, schools=",".join(staff.uais), by=by)
    return staff


def check_new(login: str, name: str, email: str) -> tuple[str, str, str]:
    """Login, name and address of an account to be made, as they are stored. An address may be left out.

    Raises LoginInvalid, LoginTaken, EmailInvalid.
    """
    written, address = normalise(login), email.strip()
    if not LOGIN.fullmatch(written):
        raise LoginInvalid(login=written)
    if db.session.scalar(select(StaffAccount.id).where(StaffAccount.login == written)):
        raise LoginTaken(login=written)
    if address and not is_address(address):
        raise EmailInvalid
    return written, name.strip()[:100] or written, address


def check_border(role: Role, uais: Sequence[str], academie: str) -> tuple[list[str], str]:
    """The schools and the académie that go with a role. Raises RoleIncomplete."""
    return _schools(role, uais), _academie(role, academie)


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
