"""The schools together: searched, and how many people each holds today."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from idp.db import db
from idp.registry import academies, names
from idp.registry.models import Enrolment, Import, Responsable, School

MOST_WORDS = 5


@dataclass(frozen=True)
class Facts:
    """What the registry holds of a school."""

    pupils: int = 0
    adults: int = 0
    """Responsables who are persons; each family has one or more."""
    imported_at: dt.datetime | None = None
    """Its last file."""

    @property
    def told(self) -> dict[str, Any]:
        """For a document."""
        at = self.imported_at
        return {"pupils": self.pupils, "adults": self.adults, "imported_at": at.isoformat() if at else None}


def search(text: str = "", *, academie: str = "", degree: int | None = None) -> Select[*tuple[Any, ...]]:
    """Schools whose UAI, name or commune have each of these words."""
    found: Select[*tuple[Any, ...]] = select(School)
    for word in names.fold(text.replace("\x00", " ")).split()[:MOST_WORDS]:
        found = found.where(School.search_key.contains(word, autoescape=True))
    if academie:
        found = found.where(academies.within(School.uai, academie))
    if degree:
        found = found.where(School.degree == degree)
    return found


def facts_of(uais: Collection[str]) -> dict[str, Facts]:
    """The facts of these schools, asked for together."""
    pupils = _counted(Enrolment, uais, Enrolment.ended_at.is_(None))
    adults = _counted(Responsable, uais, Responsable.ended_at.is_(None), Responsable.is_organisation.is_(False))
    files = select(Import.uai, func.max(Import.at).label("last")).where(Import.uai.in_(uais)).group_by(Import.uai)
    last = {row.uai: row.last for row in db.session.execute(files)}
    return {uai: Facts(pupils.get(uai, 0), adults.get(uai, 0), last.get(uai)) for uai in uais}


def listed(limit: int, *, text: str, academie: str, degree: int | None) -> list[tuple[School, Facts]]:
    """The first schools of a search, by name, each with its facts."""
    query = search(text, academie=academie, degree=degree).order_by(School.name, School.uai).limit(limit)
    found = list(db.session.scalars(query))
    facts = facts_of([school.uai for school in found])
    return [(school, facts[school.uai]) for school in found]


def _counted(kind: Any, uais: Collection[str], *conditions: Any) -> dict[str, int]:
    counted = select(kind.uai, func.count().label("number")).where(kind.uai.in_(uais), *conditions).group_by(kind.uai)
    return {row.uai: row.number for row in db.session.execute(counted)}
