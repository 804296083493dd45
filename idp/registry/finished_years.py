"""Schools that stopped sending files: their last pupils are of a school year that is over, and nobody confirms them.

A while later they end, as those whom a newer file holds no more; the school's next file brings them back.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select, update

from idp import audit, clock
from idp.db import db
from idp.registry.models import Enrolment, Import, Link, Question, Responsable, School
from idp.registry.service import current_school_year, school_year_end

UNREAD = {"synchronize_session": False}


class LastFile(NamedTuple):
    """The newest school year that a school's files were of, and when the last one came."""

    uai: str
    school_year: int
    at: dt.datetime

    def holds_until(self, days: int) -> dt.datetime:
        """When its pupils end, unless another file comes: `days` after it, and after the end of its school year."""
        return max(school_year_end(self.school_year), self.at) + dt.timedelta(days=days)


def find_last_file(uai: str) -> LastFile | None:
    return next(iter(last_files([uai])), None)


def last_files(uais: Sequence[str]) -> list[LastFile]:
    """The last file of each of these schools that sent one."""
    newest = select(Import.uai, func.max(Import.school_year), func.max(Import.at)).where(Import.uai.in_(uais))
    found = db.session.execute(newest.group_by(Import.uai).order_by(Import.uai))
    return [LastFile(uai, year, at) for uai, year, at in found]


def overdue() -> list[tuple[LastFile, str]]:
    """The last file, of a school year that is over, and the name of each school that sent no other, oldest first."""
    newest = select(Import.uai, func.max(Import.school_year), func.max(Import.at), School.name)
    by_school = newest.join(School, School.uai == Import.uai).group_by(Import.uai, School.name)
    over = by_school.having(func.max(Import.school_year) < current_school_year())
    found = db.session.execute(over.order_by(func.max(Import.school_year), Import.uai))
    return [(LastFile(uai, year, at), name) for uai, year, at, name in found]


def end_unrenewed(uais: Sequence[str], days: int, batch: int) -> Iterator[int]:
    """End what the last files of these schools say, where they hold no longer; how many records at a time.

    The caller commits each time: a batch takes the school's lock, as an import does, and asks anew whether a
    file came.
    """
    for file in last_files(uais):
        if file.holds_until(days) <= clock.now():
            count = 1
            while count:
                yield (count := _end_batch(file.uai, days, batch))


def _end_batch(uai: str, days: int, batch: int) -> int:
    db.session.execute(select(School.uai).where(School.uai == uai).with_for_update())
    file, now = find_last_file(uai), clock.now()
    if file is None or file.holds_until(days) > now:
        return 0
    pupils = _end_pupils(uai, now, batch)
    adults = 0 if pupils else _end_adults(uai, now, batch)
    if pupils or adults:
        db.session.execute(delete(Question).where(Question.uai == uai).execution_options(**UNREAD))
        audit.record("registry.unrenewed", uai=uai, school_year=file.school_year, pupils=pupils, responsables=adults)
    return pupils + adults


def _end_pupils(uai: str, now: dt.datetime, batch: int) -> int:
    """End enrolments, with the links that count in this school."""
    held = select(Enrolment.pupil_id).where(Enrolment.uai == uai, Enrolment.ended_at.is_(None))
    pupils = db.session.scalars(held.order_by(Enrolment.pupil_id).limit(batch)).all()
    here = select(Responsable.id).where(Responsable.uai == uai)
    links = update(Link).where(Link.pupil_id.in_(pupils), Link.responsable_id.in_(here), Link.ended_at.is_(None))
    enrolments = update(Enrolment).where(Enrolment.uai == uai, Enrolment.pupil_id.in_(pupils))
    for ended in (links, enrolments):
        db.session.execute(ended.values(ended_at=now).execution_options(**UNREAD))
    return len(pupils)


def _end_adults(uai: str, now: dt.datetime, batch: int) -> int:
    """End responsables, who have no pupil here any more."""
    held = select(Responsable.id).where(Responsable.uai == uai, Responsable.ended_at.is_(None))
    adults = db.session.scalars(held.order_by(Responsable.id).limit(batch)).all()
    ended = update(Responsable).where(Responsable.id.in_(adults)).values(ended_at=now)
    db.session.execute(ended.execution_options(**UNREAD))
    return len(adults)
