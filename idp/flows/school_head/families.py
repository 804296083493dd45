"""The responsables of a school, with the state of each one's account."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from idp.accounts.letters.models import Letter
from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.flows import birth_dates
from idp.flows.errors import Barred
from idp.registry import names, phones
from idp.registry.models import Enrolment, Link, Pupil, Responsable
from idp.settings import Settings

Standing = Literal["none", "letter", "mail", "active", "suspended", "merged"]
STANDINGS: tuple[Standing, ...] = ("none", "letter", "mail", "active", "suspended", "merged")
"""No account; a letter that nobody used yet; an account that waits for its mail; in use; closed by support; joined."""

standing: ColumnElement[str] = case(
    (Account.id.is_(None), "none"),
    (Account.state == "notified", "letter"),
    (Account.state == "pending_email", "mail"),
    else_=Account.state,
)
"""The state of a responsable's account, in a query that joins both."""


@dataclass(frozen=True)
class Child:
    """A child of a responsable in this school."""

    pupil_id: str
    name: str
    class_label: str


def query(uai: str, *, text: str = "", class_label: str = "", state: str = "") -> Select[*tuple[Any, ...]]:
    """The adults of the school today: `Responsable` and `standing`. `text` is words that begin names, or a mobile."""
    found: Select[*tuple[Any, ...]] = (
        select(Responsable, standing.label("standing"))
        .outerjoin(AccountResponsable, AccountResponsable.responsable_id == Responsable.id)
        .outerjoin(Account, Account.id == AccountResponsable.account_id)
        .where(Responsable.uai == uai, Responsable.ended_at.is_(None), Responsable.is_organisation.is_(False))
    )
    if class_label:
        found = found.where(_child_of(uai, Enrolment.class_label == class_label))
    if state in STANDINGS:
        found = found.where(standing == state)
    if mobile := phones.normalise_mobile(text):
        return found.where(Responsable.mobile == mobile)
    for word in names.fold(text).split()[:5]:
        found = found.where(_named(uai, word))
    return found


def _named(uai: str, word: str) -> ColumnElement[bool]:
    own = (Responsable.family_key, Responsable.usage_key, Responsable.first_key)
    child = or_(*(key.startswith(word, autoescape=True) for key in (Pupil.family_key, Pupil.first_key)))
    return or_(*(key.startswith(word, autoescape=True) for key in own), _child_of(uai, child))


def _child_of(uai: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    enrolled = and_(Enrolment.pupil_id == Link.pupil_id, Enrolment.uai == uai, Enrolment.ended_at.is_(None))
    return (
        select(Link.pupil_id)
        .join(Enrolment, enrolled)
        .join(Pupil, Pupil.id == Link.pupil_id)
        .where(Link.responsable_id == Responsable.id, Link.ended_at.is_(None), condition)
        .correlate(Responsable)
        .exists()
    )


def children_of(uai: str, responsable_ids: Collection[str] | None = None) -> dict[str, list[Child]]:
    """The children, in this school and today, of these responsables (of all, without them), the eldest first."""
    found = (
        select(Link.responsable_id, Pupil.id, Pupil.first_name, Enrolment.class_label)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .join(Pupil, Pupil.id == Link.pupil_id)
        .join(Enrolment, and_(Enrolment.pupil_id == Pupil.id, Enrolment.uai == uai, Enrolment.ended_at.is_(None)))
        .where(Responsable.uai == uai, Link.ended_at.is_(None))
        .order_by(Pupil.birth_on, Pupil.first_key)
    )
    if responsable_ids is not None:
        found = found.where(Link.responsable_id.in_(responsable_ids))
    children: dict[str, list[Child]] = {}
    for responsable_id, *child in db.session.execute(found):
        children.setdefault(responsable_id, []).append(Child(*child))
    return children


def classes(uai: str) -> list[str]:
    """The classes of the school today."""
    labels = select(Enrolment.class_label).where(Enrolment.uai == uai, Enrolment.ended_at.is_(None)).distinct()
    return sorted(label for label in db.session.scalars(labels) if label)


def figures(uai: str) -> dict[str, int]:
    """How many responsables: in all, with an account in use, with a letter that nobody used, with no way in."""
    counted = query(uai).with_only_columns(
        standing, Responsable.mobile.is_(None), func.count(), maintain_column_froms=True
    )
    total = {"all": 0, "active": 0, "letter": 0, "no_way": 0}
    for state, without_mobile, count in db.session.execute(counted.group_by(standing, Responsable.mobile.is_(None))):
        total["all"] += count
        if state in ("active", "letter"):
            total[state] += count
        if state == "none" and without_mobile:
            total["no_way"] += count
    return total


def account_of(responsable_id: str) -> Account | None:
    """The account that holds a responsable."""
    held = select(AccountResponsable.account_id).where(AccountResponsable.responsable_id == responsable_id)
    return db.session.scalar(select(Account).where(Account.id.in_(held)))


def letters_of(responsable_id: str) -> Sequence[Letter]:
    """The letters that were printed for a responsable, the newest first; each tells when and with what it was used."""
    printed = select(Letter).where(Letter.responsable_id == responsable_id).order_by(Letter.printed_at.desc())
    return db.session.scalars(printed.limit(10)).all()


def barred_until(responsable_id: str, settings: Settings) -> dt.datetime | None:
    """Until when too many wrong birth dates close the self-registration (ATTACKS 85)."""
    try:
        birth_dates.check_bar([responsable_id], settings.self_registration)
    except Barred as refusal:
        return refusal.ends_at
    return None
