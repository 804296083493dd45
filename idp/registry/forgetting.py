"""Records that no school's file holds any more go after a while. Who is in a file, or in an account, stays."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from idp.db import db
from idp.registry.models import Correction, Enrolment, Link, Pupil, Responsable


def forget_pupils(ids: Sequence[str], before: dt.datetime) -> int:
    """Delete those of these pupils who left their last school before that instant; how many."""
    stays = exists().where(Enrolment.pupil_id == Pupil.id, _is_or_was_until(Enrolment.ended_at, before))
    left = list(db.session.scalars(select(Pupil.id).where(Pupil.id.in_(ids), ~stays)))
    for statement in (
        delete(Link).where(Link.pupil_id.in_(left)),
        delete(Enrolment).where(Enrolment.pupil_id.in_(left)),
        delete(Correction).where(Correction.record_id.in_(left)),
        delete(Pupil).where(Pupil.id.in_(left)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    return len(left)


def forget_responsables(ids: Sequence[str], before: dt.datetime, held: ColumnElement[bool]) -> int:
    """Delete those of these responsables who left their school before that instant; `held` ones stay. How many."""
    needed = exists().where(Link.responsable_id == Responsable.id, _is_or_was_until(Link.ended_at, before))
    gone = (Responsable.ended_at < before, ~needed, ~held)
    left = list(db.session.scalars(select(Responsable.id).where(Responsable.id.in_(ids), *gone)))
    for statement in (
        delete(Link).where(Link.responsable_id.in_(left)),
        delete(Correction).where(Correction.record_id.in_(left)),
        delete(Responsable).where(Responsable.id.in_(left)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    return len(left)


def _is_or_was_until(ended_at: InstrumentedAttribute[dt.datetime | None], before: dt.datetime) -> ColumnElement[bool]:
    return or_(ended_at.is_(None), ended_at >= before)
