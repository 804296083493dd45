"""What the registry knows of one school before an import, read in five statements whatever its size."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, Table, select

from idp.db import db
from idp.registry.models import Enrolment, Link, Pupil, Responsable
from idp.registry.plan import Values
from idp.registry.records import PupilRow

Item = TypeVar("Item")
CHUNK = 500


def tables() -> dict[str, Table]:
    """The registry's tables that an import writes, in an order that foreign keys accept."""
    found = (model.__table__ for model in (Pupil, Enrolment, Responsable, Link))
    return {table.name: table for table in found if isinstance(table, Table)}


@dataclass
class Known:
    """Rows as mappings, ended ones included."""

    uai: str
    pupils: dict[str, Values] = field(default_factory=dict)
    enrolments: dict[str, Values] = field(default_factory=dict)
    """This school's, by pupil."""
    pupil_of_ine: dict[str, str] = field(default_factory=dict)
    """In any school, for the INE of the file."""
    responsables: dict[str, Values] = field(default_factory=dict)
    links: dict[tuple[str, str], Values] = field(default_factory=dict)
    """By responsable and pupil."""
    children: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Pupils each responsable has or had."""


def load(uai: str, ines: Sequence[str]) -> Known:
    """The school's records, and the pupils of any school that have one of these INE."""
    known = Known(uai)
    pupils, enrolments, responsables, links = tables().values()
    known.enrolments = {row["pupil_id"]: row for row in _rows(select(enrolments).where(enrolments.c.uai == uai))}
    in_school = select(enrolments.c.pupil_id).where(enrolments.c.uai == uai)
    _take_pupils(known, pupils.c.id.in_(in_school))
    for chunk in chunks(ines, CHUNK):
        _take_pupils(known, pupils.c.ine.in_(chunk))
    known.responsables = {row["id"]: row for row in _rows(select(responsables).where(responsables.c.uai == uai))}
    of_school = select(responsables.c.id).where(responsables.c.uai == uai)
    for row in _rows(select(links).where(links.c.responsable_id.in_(of_school))):
        known.links[row["responsable_id"], row["pupil_id"]] = row
        known.children[row["responsable_id"]].add(row["pupil_id"])
    return known


def current_pupils(uai: str) -> list[PupilRow]:
    """The school's pupils of today, as a file would give them."""
    statement = (
        select(Pupil, Enrolment)
        .join(Enrolment, Enrolment.pupil_id == Pupil.id)
        .where(Enrolment.uai == uai, Enrolment.ended_at.is_(None))
        .order_by(Pupil.id)
    )
    return [_as_row(pupil, enrolment) for pupil, enrolment in db.session.execute(statement)]


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive pieces of at most `size` items."""
    iterator = iter(items)
    while piece := list(islice(iterator, size)):
        yield piece


def _rows(statement: Select[tuple[object, ...]]) -> Iterator[Values]:
    return (dict(row) for row in db.session.execute(statement).mappings())


def _take_pupils(known: Known, condition: ColumnElement[bool]) -> None:
    pupils = tables()["pupils"]
    for row in _rows(select(pupils).where(condition)):
        known.pupils[row["id"]] = row
        if row["ine"]:
            known.pupil_of_ine[row["ine"]] = row["id"]


def _as_row(pupil: Pupil, enrolment: Enrolment) -> PupilRow:
    return PupilRow(
        line=0,
        family_name=pupil.family_name,
        usage_name=pupil.usage_name,
        first_name=pupil.first_name,
        other_first_names=pupil.other_first_names,
        birth_on=pupil.birth_on,
        ine=pupil.ine,
        sex=pupil.sex,
        school_key=enrolment.school_key,
        class_code=enrolment.class_code,
        class_label=enrolment.class_label,
        level=enrolment.level,
    )
