"""Importing the files of one school: read, plan, then write all of it or nothing.

Each import is a full picture of one school for one school year; the same bytes again change nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, bindparam, insert, select, update

from idp import clock
from idp.db import db
from idp.registry import known as registry
from idp.registry.errors import SchoolUnknown
from idp.registry.known import Known
from idp.registry.models import School
from idp.registry.picture import join, read_file
from idp.registry.plan import Plan, Values
from idp.registry.pupil_plan import PupilPlanner
from idp.registry.records import Picture
from idp.registry.responsable_plan import ResponsablePlanner, plan_links

Progress = Callable[[int], None]
CHUNK = 1000


@dataclass(frozen=True)
class Consent:
    """What a person has agreed to beforehand."""

    mass_ending: bool = False
    """That many pupils, or a whole class, end."""
    renames: bool = False
    """That adults who changed one name are the same."""
    any_year: bool = False
    """That a SIECLE file is of another school year."""


def read(paths: Sequence[Path], uai: str, school_year: int, consent: Consent) -> Picture:
    """The picture that the files give. Raises FileRefused, FilesDisagree."""
    files = [read_file(path, uai, school_year, any_year=consent.any_year) for path in paths]
    return join(files, uai, school_year, registry.current_pupils(uai))


def plan(picture: Picture, consent: Consent) -> Plan:
    """What writing the picture would change. Takes the school's lock, so that its imports follow one another.

    Raises SchoolUnknown, KeysRenumbered, MassEnding.
    """
    if db.session.scalar(select(School).where(School.uai == picture.uai).with_for_update()) is None:
        raise SchoolUnknown(uai=picture.uai)
    now = clock.now()
    ines = [pupil.ine for pupil in picture.pupils if pupil.ine]
    known = registry.load(picture.uai, ines)
    result = Plan(picture.uai, picture.school_year, picture.defects)
    pupils = PupilPlanner(known, picture, result, now)
    pupils.run()
    if not consent.mass_ending:
        pupils.check_ending()
    if picture.persons is None:
        wanted = _links_without_the_gone(known, pupils.current)
    else:
        responsables = ResponsablePlanner(known, picture, result, now, pupils.ids)
        responsables.run(accept_renames=consent.renames)
        wanted = {pair: link for pair, link in responsables.wanted.items() if pair[1] in pupils.current}
    plan_links(known, result, now, wanted)
    return result


def write(result: Plan, progress: Progress = lambda count: None) -> None:
    """Write the plan into the current transaction, a thousand rows at a time; `progress` gets each count."""
    for name, table in registry.tables().items():
        batch = result.batch(name)
        for chunk in registry.chunks(batch.inserts, CHUNK):
            db.session.execute(insert(table), chunk)
            progress(len(chunk))
        for chunk in registry.chunks(batch.updates, CHUNK):
            _update(table, chunk)
            progress(len(chunk))
    db.session.flush()
    db.session.expire_all()


def rows_to_write(result: Plan) -> int:
    """How many rows `write` will count."""
    return sum(len(batch.inserts) + len(batch.updates) for batch in result.rows.values())


def _links_without_the_gone(known: Known, current: set[str]) -> dict[tuple[str, str], tuple[int | None, str]]:
    """Pupils alone say nothing of links, but a pupil who left has none."""
    return {
        pair: (link["legal_level"], link["kind"])
        for pair, link in known.links.items()
        if link["ended_at"] is None and pair[1] in current
    }


def _update(table: Table, rows: list[Values]) -> None:
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if column.name not in keys]
    statement = (
        update(table)
        .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
        .values({name: bindparam(f"new_{name}") for name in others})
    )
    parameters = [
        {f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in others} for row in rows
    ]
    db.session.connection().execute(statement, parameters)
