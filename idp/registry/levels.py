"""The legal level of one link, where the school's file does not say it."""

from sqlalchemy import select

from idp import audit
from idp.db import db
from idp.registry.errors import RecordUnknown
from idp.registry.models import Link, Responsable


def set_level(responsable_id: str, pupil_id: str, level: int, *, uai: str, by: str = "") -> Link:
    """Lower or raise one link of this school (a foster carer, a grandparent). ONDE's files never change it back.

    Raises RecordUnknown.
    """
    found = (
        select(Link)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .where(Link.responsable_id == responsable_id, Link.pupil_id == pupil_id, Link.ended_at.is_(None))
        .where(Responsable.uai == uai)
    )
    link = db.session.scalar(found.with_for_update(of=Link))
    if link is None:
        raise RecordUnknown(record_id=responsable_id, uai=uai)
    link.legal_level = level
    db.session.flush()
    audit.record("registry.level_set", uai=uai, responsable_id=responsable_id, pupil_id=pupil_id, level=level, by=by)
    return link
