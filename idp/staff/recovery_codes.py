"""Recovery codes: ten, shown once, each good for one login."""

import hashlib
import secrets

from sqlalchemy import delete, func, select, update

from idp import audit, clock
from idp.db import db
from idp.staff.models import StaffAccount, StaffRecoveryCode

COUNT = 10
ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
"""Neither look-alikes nor vowels. Twelve of them are 57 bits: more than anybody guesses in five tries."""


def renew(staff: StaffAccount) -> list[str]:
    """Ten new codes; those of before are dead. Nothing stored gives them back."""
    db.session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_id == staff.id))
    codes = [_new() for _ in range(COUNT)]
    db.session.add_all(StaffRecoveryCode(digest=_digest(staff.id, code), staff_id=staff.id) for code in codes)
    db.session.flush()
    audit.record("staff.recovery_codes_made", by=staff.by)
    return codes


def take(staff: StaffAccount, code: str) -> bool:
    """Use a code up: of two browsers with one code, one passes."""
    statement = (
        update(StaffRecoveryCode)
        .where(StaffRecoveryCode.digest == _digest(staff.id, code), StaffRecoveryCode.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(StaffRecoveryCode.digest)
        .execution_options(synchronize_session=False)
    )
    taken = db.session.scalar(statement) is not None
    if taken:
        audit.record("staff.recovery_code_used", by=staff.by)
    return taken


def left(staff_id: str) -> int:
    """How many codes are unused."""
    query = select(func.count()).where(StaffRecoveryCode.staff_id == staff_id, StaffRecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def _new() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _digest(staff_id: str, code: str) -> bytes:
    bare = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(f"{staff_id}|{bare}".encode("utf-8", "surrogatepass")).digest()
