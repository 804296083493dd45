"""How many families are in: the responsables with an account in use, class by class."""

from dataclasses import dataclass

from sqlalchemy import and_, case, func, select

from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.registry.matching import LEGAL_REPRESENTATIVE
from idp.registry.models import Enrolment, Link, Responsable


@dataclass(frozen=True)
class Share:
    """One class."""

    label: str
    active: int
    total: int

    @property
    def percent(self) -> int:
        return round(100 * self.active / self.total) if self.total else 0


def by_class(uai: str) -> list[Share]:
    """One share a class, by name; an adult with children in two classes counts in both."""
    active = func.count(func.distinct(case((Account.state == "active", Responsable.id))))
    counted = (
        select(Enrolment.class_label, active, func.count(func.distinct(Responsable.id)))
        .join(Link, and_(Link.pupil_id == Enrolment.pupil_id, Link.ended_at.is_(None)))
        .join(Responsable, and_(Responsable.id == Link.responsable_id, Responsable.uai == uai))
        .outerjoin(AccountResponsable, AccountResponsable.responsable_id == Responsable.id)
        .outerjoin(Account, Account.id == AccountResponsable.account_id)
        .where(Enrolment.uai == uai, Enrolment.ended_at.is_(None), Link.legal_level == LEGAL_REPRESENTATIVE)
        .where(Responsable.ended_at.is_(None), Responsable.is_organisation.is_(False))
        .group_by(Enrolment.class_label)
        .order_by(Enrolment.class_label)
    )
    return [Share(*row) for row in db.session.execute(counted)]
