"""How far each role sees: the one place where it is decided, for queries and for single objects.

A school head sees the schools that are named in the account; a support agent the schools of one académie; an
administrator no family at all. What lies beyond a border is answered as what does not exist (ATTACKS 124).
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, false, select

from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.registry import academies, waiting_files
from idp.registry.models import Enrolment, Question, Responsable, School
from idp.staff.models import StaffAccount, StaffPasskey

Border = Callable[..., bool]
"""Whether this person may see the object that the page's address names; takes the address's arguments by name."""


def within(staff: StaffAccount, uai: Any) -> ColumnElement[bool]:
    """The condition of a query: `uai`, a column, is a school that this person sees. Ranges, so that an index serves."""
    if staff.role == "school_head":
        found: ColumnElement[bool] = uai.in_(staff.uais)
        return found
    if staff.role == "support":
        return academies.within(uai, staff.academie)
    return false()


def no_object(staff: StaffAccount) -> bool:
    """For pages that show nothing of a school or an account; what they list, they list through `within`."""
    return True


def administered(staff: StaffAccount, **_named: str) -> bool:
    """What has no border: applications, keys, switches, colleagues. Their pages are opened to administrators alone."""
    return staff.role == "administrator"


def own_passkey(staff: StaffAccount, *, passkey_id: str) -> bool:
    """A passkey of one's own."""
    return _exists(select(StaffPasskey.id).where(StaffPasskey.id == passkey_id, StaffPasskey.staff_id == staff.id))


def school(staff: StaffAccount, *, uai: str, **_more: str) -> bool:
    """A school."""
    return _exists(select(School.uai).where(School.uai == uai, within(staff, School.uai)))


def pupil(staff: StaffAccount, *, uai: str, pupil_id: str) -> bool:
    """A pupil, present or past, of a school."""
    query = select(Enrolment.id).where(Enrolment.uai == uai, Enrolment.pupil_id == pupil_id)
    return _exists(query.where(within(staff, Enrolment.uai)))


def responsable(staff: StaffAccount, *, uai: str, responsable_id: str) -> bool:
    """An adult as a school knows them."""
    query = select(Responsable.id).where(Responsable.id == responsable_id, Responsable.uai == uai)
    return _exists(query.where(within(staff, Responsable.uai)))


def question(staff: StaffAccount, *, uai: str, question_id: str) -> bool:
    """A question that an import of a school left open."""
    query = select(Question.id).where(Question.id == question_id, Question.uai == uai)
    return _exists(query.where(within(staff, Question.uai)))


def waiting_file(staff: StaffAccount, *, uai: str, waiting_id: str) -> bool:
    """A school's file that this person sent and has not agreed to yet."""
    return school(staff, uai=uai) and waiting_files.find(waiting_id, uai, by=staff.by) is not None


def account(staff: StaffAccount, *, account_id: str) -> bool:
    """A parent's account: one of its responsables is, or was, known to a school that this person sees."""
    query = (
        select(Account.id)
        .join(AccountResponsable, AccountResponsable.account_id == Account.id)
        .join(Responsable, Responsable.id == AccountResponsable.responsable_id)
        .where(Account.id == account_id, within(staff, Responsable.uai))
    )
    return _exists(query)


def account_act(staff: StaffAccount, *, account_id: str, act: str) -> bool:
    """What is done to an account: as far as the account is seen."""
    return account(staff, account_id=account_id)


def _exists(query: Any) -> bool:
    return db.session.scalar(query.limit(1)) is not None
