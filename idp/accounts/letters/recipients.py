"""Who gets a letter: the legal representatives of a school's current pupils who have no account in use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, select

from idp.accounts.letters.models import Letter
from idp.accounts.models import WAITING, Account, AccountResponsable
from idp.clock import now
from idp.db import db
from idp.registry import matching
from idp.registry.matching import Child
from idp.registry.models import Enrolment, Link, Responsable, School


@dataclass(frozen=True)
class Recipient:
    """A responsable with the children that the letter names."""

    responsable: Responsable
    school: School
    children: Sequence[Child]


def find(*, uai: str = "", class_label: str = "", responsable_id: str = "", without_letter: bool = False) -> list[str]:
    """The ids of the responsables to write to, class by class, in the children's order.

    `without_letter` leaves out those whose last letter is still good.
    """
    query = (
        select(Responsable.id)
        .join(Link, Link.responsable_id == Responsable.id)
        .join(Enrolment, and_(Enrolment.pupil_id == Link.pupil_id, Enrolment.uai == Responsable.uai))
        .outerjoin(AccountResponsable, AccountResponsable.responsable_id == Responsable.id)
        .outerjoin(Account, Account.id == AccountResponsable.account_id)
        .where(Responsable.ended_at.is_(None), Responsable.is_organisation.is_(False))
        .where(Link.ended_at.is_(None), Link.legal_level == matching.LEGAL_REPRESENTATIVE, Enrolment.ended_at.is_(None))
        .where(Account.id.is_(None) | Account.state.in_(WAITING))
        .order_by(Enrolment.class_label, Responsable.family_key, Responsable.first_key, Responsable.id)
    )
    for column, wanted in (
        (Responsable.uai, uai),
        (Enrolment.class_label, class_label),
        (Responsable.id, responsable_id),
    ):
        if wanted:
            query = query.where(column == wanted)
    if without_letter:
        query = query.where(~_has_good_letter())
    return list(dict.fromkeys(db.session.scalars(query)))


def _has_good_letter() -> "Select[tuple[str]]":
    good = select(Letter.id).where(Letter.account_id == Account.id, Letter.ends_at > now())
    return good.where(Letter.replaced_at.is_(None)).correlate(Account).exists()  # type: ignore[return-value]


def load(responsable_ids: Sequence[str]) -> list[Recipient]:
    """These responsables with their school and children, in that order; who has no child left is left out.

    They are read once and detached: nothing that is made of them later opens a transaction.
    """
    query = (
        select(Responsable, School)
        .join(School, School.uai == Responsable.uai)
        .where(Responsable.id.in_(responsable_ids), Responsable.ended_at.is_(None))
    )
    found = {responsable.id: (responsable, school) for responsable, school in db.session.execute(query)}
    recipients = []
    for responsable_id in responsable_ids:
        children = matching.children_of([responsable_id]) if responsable_id in found else []
        if children:
            recipients.append(Recipient(*found[responsable_id], children))
    for row in {row for pair in found.values() for row in pair}:
        db.session.expunge(row)
    return recipients
