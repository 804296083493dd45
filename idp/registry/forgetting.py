"""Records that no school's file holds any more go after a while. Who is in a file, or in an account, stays.

So do the reports of imports and what has ended of corrections.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from idp.db import db
from idp.registry.models import Correction, Enrolment, Import, ImportRows, Link, Pupil, Responsable


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


def forget_imports(uais: Sequence[str], before: dt.datetime, batch: int) -> int:
    """Delete the ids that imports of these schools touched before that instant, then the imports; how many rows.

    Each school's last import stays, without its ids: it says of which school year the registry's pupils are.
    """
    newer = aliased(Import)
    old = select(Import.id).where(Import.uai.in_(uais), Import.at < before)
    piece = select(ImportRows.import_id, ImportRows.number).where(ImportRows.import_id.in_(old)).limit(batch)
    if rows := db.session.execute(piece).all():
        key = tuple_(ImportRows.import_id, ImportRows.number)
        gone = delete(ImportRows).where(key.in_([tuple(row) for row in rows]))
        db.session.execute(gone.execution_options(synchronize_session=False))
        return len(rows)
    followed = exists().where(newer.uai == Import.uai, newer.at > Import.at)
    imports = db.session.scalars(old.where(followed).limit(batch)).all()
    db.session.execute(delete(Import).where(Import.id.in_(imports)).execution_options(synchronize_session=False))
    return len(imports)


def forget_corrections(uais: Sequence[str], before: dt.datetime, batch: int) -> int:
    """Delete the corrections of these schools that ended before that instant, at most `batch`; how many."""
    over = select(Correction.id).where(Correction.uai.in_(uais), Correction.ended_at < before)
    corrections = db.session.scalars(over.limit(batch)).all()
    gone = delete(Correction).where(Correction.id.in_(corrections))
    db.session.execute(gone.execution_options(synchronize_session=False))
    return len(corrections)


def _is_or_was_until(ended_at: InstrumentedAttribute[dt.datetime | None], before: dt.datetime) -> ColumnElement[bool]:
    return or_(ended_at.is_(None), ended_at >= before)
