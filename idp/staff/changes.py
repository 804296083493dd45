"""What somebody else does to a colleague's account: role and border, address, ways in, closed or open again.

Each ends the colleague's sessions at once, is in the audit log, and is told by mail. Who may do it, alone or with a
second administrator, is decided before (`idp.staff.proposals`).
"""

from collections.abc import Sequence

from sqlalchemy import delete

from idp import audit, clock
from idp.accounts.email import is_address
from idp.db import db
from idp.settings import Settings
from idp.staff import invitations, service, sessions
from idp.staff.errors import EmailInvalid
from idp.staff.models import (
    Role,
    StaffAccount,
    StaffInvitation,
    StaffPasskey,
    StaffProposal,
    StaffRecoveryCode,
    StaffSchool,
)
from idp.staff.telling import What, tell


def change_role(
    staff: StaffAccount, role: Role, *, uais: Sequence[str] = (), academie: str = "", by: str
) -> StaffAccount:
    """Another role, or another border of the same one. Raises RoleIncomplete.

    A new administrator's open links die: whoever saw one before must not come in with it.
    """
    schools, found = service.check_border(role, uais, academie)
    if role == "administrator":
        db.session.execute(delete(StaffInvitation).where(StaffInvitation.staff_id == staff.id))
    staff.role, staff.academie = role, found
    staff.schools = [StaffSchool(uai=uai) for uai in schools]
    sessions.end_all(staff.id)
    db.session.flush()
    audit.record("staff.role_changed", staff_id=staff.id, role=role, schools=",".join(schools), academie=found, by=by)
    tell(staff, "role")
    return staff


def change_email(staff: StaffAccount, email: str, *, by: str) -> None:
    """Where the colleague is told; the address of before is told too. Raises EmailInvalid.

    What waits about the account falls: a link must not go elsewhere than where the second administrator saw.
    """
    written = email.strip()
    if not is_address(written):
        raise EmailInvalid
    before, staff.email = staff.email, written
    sessions.end_all(staff.id)
    audit.record("staff.email_changed", staff_id=staff.id, by=by)
    waiting = delete(StaffProposal).where(StaffProposal.staff_id == staff.id).returning(StaffProposal.id)
    for proposal_id in list(db.session.scalars(waiting)):
        audit.record("staff.proposal_fallen", proposal_id=proposal_id, staff_id=staff.id, by=by)
    for address in {before, written} - {""}:
        tell(staff, "email", to=address)


def disable(staff: StaffAccount, *, by: str) -> None:
    """Nothing opens the account from now on, and what was open is closed."""
    staff.disabled_at = staff.disabled_at or clock.now()
    _note(staff, "disabled", by)


def enable(staff: StaffAccount, *, by: str) -> None:
    """The account's password and second factor open it again."""
    staff.disabled_at = None
    _note(staff, "enabled", by)


def _note(staff: StaffAccount, what: What, by: str) -> None:
    sessions.end_all(staff.id)
    audit.record(f"staff.{what}", staff_id=staff.id, by=by)
    tell(staff, what)


def reset_password(staff: StaffAccount, settings: Settings, *, by: str) -> str:
    """The password opens nothing any more; the link to a new one, after which the second factor is asked as ever."""
    staff.password_hash = None
    sessions.end_all(staff.id)
    audit.record("staff.password_reset", staff_id=staff.id, by=by)
    return invitations.give(staff, "password" if service.has_factor(staff) else "account", settings, by=by)


def reset_factor(staff: StaffAccount, settings: Settings, *, by: str) -> str:
    """Forget the second factors; the link to set up a new one, which asks for the password too (ATTACKS 126)."""
    staff.totp, staff.totp_step = None, None
    for kept in (StaffPasskey, StaffRecoveryCode):
        db.session.execute(delete(kept).where(kept.staff_id == staff.id))
    sessions.end_all(staff.id)
    audit.record("staff.factor_reset", staff_id=staff.id, by=by)
    return invitations.give(staff, "factor", settings, by=by)
