"""The pupils of a school, and the corrections that wait or hold for one of them or for an adult."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, or_, select

from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.flows.school_head.families import standing
from idp.registry import names
from idp.registry.models import Correction, Enrolment, Link, Pupil, Responsable


@dataclass(frozen=True)
class Adult:
    """A responsable of a pupil, with the state of the account."""

    responsable: Responsable
    standing: str
    legal_level: int


def query(uai: str, *, text: str = "", class_label: str = "") -> Select[*tuple[Any, ...]]:
    """The pupils of the school today: `Pupil` and `Enrolment`. Each word of `text` begins a name."""
    found: Select[*tuple[Any, ...]] = (
        select(Pupil, Enrolment)
        .join(Enrolment, Enrolment.pupil_id == Pupil.id)
        .where(Enrolment.uai == uai, Enrolment.ended_at.is_(None))
    )
    if class_label:
        found = found.where(Enrolment.class_label == class_label)
    for word in names.fold(text).split()[:5]:
        usage = Pupil.usage_name.istartswith(word, autoescape=True)
        found = found.where(
            or_(usage, *(key.startswith(word, autoescape=True) for key in (Pupil.family_key, Pupil.first_key)))
        )
    return found


def get(uai: str, pupil_id: str) -> tuple[Pupil, Enrolment]:
    """A pupil of the school with the enrolment there."""
    query = select(Pupil, Enrolment).join(Enrolment, Enrolment.pupil_id == Pupil.id)
    pupil, enrolment = db.session.execute(query.where(Pupil.id == pupil_id, Enrolment.uai == uai)).one()
    return pupil, enrolment


def adults_of(uai: str, pupil_id: str) -> list[Adult]:
    """The pupil's responsables in this school, those of the first level first."""
    found = (
        select(Responsable, standing, Link.legal_level)
        .join(Link, and_(Link.responsable_id == Responsable.id, Link.ended_at.is_(None)))
        .outerjoin(AccountResponsable, AccountResponsable.responsable_id == Responsable.id)
        .outerjoin(Account, Account.id == AccountResponsable.account_id)
        .where(Link.pupil_id == pupil_id, Responsable.uai == uai, Responsable.ended_at.is_(None))
        .order_by(Link.legal_level, Responsable.family_key, Responsable.first_key)
    )
    return [Adult(*row) for row in db.session.execute(found)]


def corrections_of(uai: str, record_id: str) -> Sequence[Correction]:
    """What was corrected here, the newest first."""
    made = select(Correction).where(Correction.uai == uai, Correction.record_id == record_id)
    return db.session.scalars(made.order_by(Correction.made_at.desc(), Correction.id.desc()).limit(20)).all()
