"""Finding a responsable from what a parent types, and the children that a responsable answers for today."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select

from idp import clock
from idp.db import db
from idp.registry import names
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School

LEGAL_REPRESENTATIVE = 1


@dataclass(frozen=True)
class Child:
    """A pupil as one school enrols them today."""

    pupil_id: str
    first_name: str
    family_name: str
    usage_name: str
    birth_on: dt.date
    uai: str
    school_name: str
    degree: int
    class_label: str
    level: str
    school_year: int


def find_responsables(surname: str, first_name: str, mobile_e164: str) -> list[Responsable]:
    """Current natural persons of these names and mobile who are legal representatives of a current pupil.

    The surname is the birth or the usage name, whole; the first name is whole too. Nothing is guessed: neither
    phonetics nor likeness. One adult has a responsable in each school, so several may be found.
    """
    if not (mobile_e164 and names.is_plausible(surname) and names.is_plausible(first_name)):
        return []
    surname_key, first_key = names.key(surname), names.key(first_name)
    if not surname_key or not first_key:
        return []
    statement = (
        select(Responsable)
        .where(Responsable.mobile == mobile_e164, Responsable.first_key == first_key)
        .where(or_(Responsable.family_key == surname_key, Responsable.usage_key == surname_key))
        .where(*_answers_for_a_child())
        .order_by(Responsable.id)
    )
    return list(db.session.scalars(statement))


def still_found(responsable_ids: Collection[str], mobile_e164: str) -> list[Responsable]:
    """Those of `find_responsables` whom the registry would still give for that mobile."""
    if not responsable_ids:
        return []
    statement = (
        select(Responsable)
        .where(Responsable.id.in_(responsable_ids), Responsable.mobile == mobile_e164)
        .where(*_answers_for_a_child())
        .order_by(Responsable.id)
    )
    return list(db.session.scalars(statement))


def usable_from(responsables: Iterable[Responsable], wait: dt.timedelta) -> dt.datetime | None:
    """When one may register with the mobile that took the place of another; None when there is nothing to wait for."""
    moments = [adult.mobile_changed_at + wait for adult in responsables if adult.mobile_changed_at]
    latest = max(moments, default=None)
    return latest if latest and latest > clock.now() else None


def was_taken_away(mobile: str, since: dt.datetime) -> bool:
    """Whether some responsable's number was this one, and was changed since then."""
    changed = select(Responsable.id).where(
        Responsable.previous_mobile == mobile, Responsable.mobile_changed_at >= since
    )
    return db.session.scalar(changed.limit(1)) is not None


def children_of(responsable_ids: Collection[str]) -> list[Child]:
    """The children these responsables represent today, the eldest first; once for each school a child is in."""
    if not responsable_ids:
        return []
    statement = (
        select(Pupil, Enrolment, School)
        .join(Link, Link.pupil_id == Pupil.id)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .join(Enrolment, _enrolled_where_linked())
        .join(School, School.uai == Enrolment.uai)
        .where(Link.responsable_id.in_(responsable_ids), Responsable.ended_at.is_(None), *_current_link())
        .order_by(Pupil.birth_on, Pupil.first_key, Enrolment.uai)
    )
    children = (_child(pupil, enrolment, school) for pupil, enrolment, school in db.session.execute(statement))
    return list(dict.fromkeys(children))


def each_child_of(responsable_ids: Collection[str]) -> list[Child]:
    """The children these responsables represent today, each once whatever schools it is in, the eldest first."""
    found: dict[str, Child] = {}
    for child in children_of(responsable_ids):
        found.setdefault(child.pupil_id, child)
    return list(found.values())


def responsables_of_pupils() -> Select[str]:
    """Ids of responsables, of any legal level, of a pupil whom a school's file holds today."""
    return (
        select(Link.responsable_id)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .join(Enrolment, _enrolled_where_linked())
        .where(Responsable.ended_at.is_(None), Link.ended_at.is_(None))
    )


def _enrolled_where_linked() -> ColumnElement[bool]:
    """A link counts in its own school: a pupil who left it takes no right along."""
    return and_(Enrolment.pupil_id == Link.pupil_id, Enrolment.uai == Responsable.uai, Enrolment.ended_at.is_(None))


def _answers_for_a_child() -> tuple[ColumnElement[bool], ...]:
    """A current natural person who is a legal representative of a current pupil."""
    children = select(Link.pupil_id).join(Enrolment, _enrolled_where_linked())
    current = children.where(Link.responsable_id == Responsable.id, *_current_link()).correlate(Responsable)
    return (Responsable.ended_at.is_(None), Responsable.is_organisation.is_(False), current.exists())


def _current_link() -> tuple[ColumnElement[bool], ...]:
    return (Link.ended_at.is_(None), Link.legal_level == LEGAL_REPRESENTATIVE)


def _child(pupil: Pupil, enrolment: Enrolment, school: School) -> Child:
    return Child(
        pupil_id=pupil.id,
        first_name=pupil.first_name,
        family_name=pupil.family_name,
        usage_name=pupil.usage_name,
        birth_on=pupil.birth_on,
        uai=school.uai,
        school_name=school.name,
        degree=school.degree,
        class_label=enrolment.class_label,
        level=enrolment.level,
        school_year=enrolment.school_year,
    )
