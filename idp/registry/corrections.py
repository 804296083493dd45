"""What a school head corrects here: a pupil's birth date, a responsable's mobile or names.

A correction wins over the school's file until the file agrees, or a newer export differs from the old file value.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import select

from idp import audit, clock
from idp.db import db
from idp.registry import cells, names, phones
from idp.registry.errors import CorrectionInvalid, RecordUnknown
from idp.registry.models import Correction, Enrolment, Pupil, Responsable
from idp.registry.service import current_school_year

NAMES = {"family_name": "family_key", "usage_name": "usage_key", "first_name": "first_key"}
FIELDS: dict[str, type[Any]] = {
    "birth_on": Pupil,
    "mobile": Responsable,
    **dict.fromkeys(NAMES, Responsable),
}
"""What may be corrected, and of whom."""

InForce = Mapping[str, Sequence[Correction]]
"""Corrections by the record's id."""
Record = TypeVar("Record", bound=msgspec.Struct)


@dataclass(frozen=True)
class MobileChange:
    """Another number took the place of one (`new` is None when the file has none any more)."""

    responsable_id: str
    old: str
    new: str | None


def correct(
    record_id: str, field: str, text: str, *, uai: str, made_by: str = "", delay: dt.timedelta = dt.timedelta(0)
) -> Correction:
    """Correct one value of a pupil or responsable of this school; it counts once `delay` has passed (`apply_due`).

    Raises RecordUnknown for a record of another school, CorrectionInvalid.
    """
    record = _find(record_id, field, uai)
    value = _checked(field, text)
    now = clock.now()
    before = _open(record_id, field)
    correction = Correction(
        uai=uai,
        record_id=record_id,
        field=field,
        file_value=before.file_value if before else filed_value(record, field),
        value=value,
        made_by=made_by,
        made_at=now,
        effective_at=now + delay,
    )
    if before:
        before.state, before.ended_at = "replaced", now
    db.session.add(correction)
    db.session.flush()
    audit.record("registry.corrected", uai=uai, record_id=record_id, field=field, by=made_by)
    return correction


def apply_due() -> list[MobileChange]:
    """Put the corrections whose time has come into force; the changes of mobile among them."""
    due = select(Correction).where(Correction.state == "waiting", Correction.effective_at <= clock.now())
    changes = []
    for correction in db.session.scalars(due.with_for_update().order_by(Correction.made_at)):
        correction.state = "in_force"
        if change := _apply(correction):
            changes.append(change)
    db.session.flush()
    return changes


def _apply(correction: Correction) -> MobileChange | None:
    """Write the value; a record that was deleted meanwhile is nothing to correct."""
    record: Pupil | Responsable | None = db.session.get(FIELDS[correction.field], correction.record_id)
    if record is None:
        return None
    if isinstance(record, Pupil):
        record.birth_on = dt.date.fromisoformat(correction.value)
        return None
    if correction.field != "mobile":
        setattr(record, correction.field, correction.value)
        setattr(record, NAMES[correction.field], names.key(correction.value))
        return None
    old, record.mobile = record.mobile, correction.value or None
    if old == record.mobile or (old is None and record.mobile_changed_at is None):
        return None
    record.mobile_changed_at = clock.now()
    if old is None:
        return None
    record.previous_mobile = old
    return MobileChange(record.id, old, record.mobile)


def _find(record_id: str, field: str, uai: str) -> Pupil | Responsable:
    if field not in FIELDS:
        raise CorrectionInvalid(field=field, reason="field")
    record: Pupil | Responsable | None = db.session.get(FIELDS[field], record_id)
    if isinstance(record, Pupil):
        enrolled = select(Enrolment.id).filter_by(uai=uai, pupil_id=record_id, ended_at=None)
        is_here = db.session.scalar(enrolled) is not None
    else:
        is_here = record is not None and record.uai == uai
    if record is None or not is_here:
        raise RecordUnknown(record_id=record_id, uai=uai)
    return record


def _checked(field: str, text: str) -> str:
    """The value as it is stored. Raises CorrectionInvalid."""
    written = text.strip()
    if field == "birth_on":
        day = cells.read_day(written)
        if day is None or not cells.is_pupil_age(day, current_school_year()):
            raise CorrectionInvalid(field=field, reason="date")
        return day.isoformat()
    if field == "mobile":
        mobile = phones.normalise_mobile(written)
        if written and mobile is None:
            raise CorrectionInvalid(field=field, reason="mobile")
        return mobile or ""
    is_missing = not names.key(written) and field != "usage_name"
    if (
        is_missing
        or (written and not (names.is_plausible(written) and names.fits(written)))
        or cells.is_formula(written)
    ):
        raise CorrectionInvalid(field=field, reason="name")
    return written


def _open(record_id: str, field: str) -> Correction | None:
    states = Correction.state.in_(("waiting", "in_force"))
    found = select(Correction).where(Correction.record_id == record_id, Correction.field == field, states)
    return db.session.scalar(found.order_by(Correction.made_at.desc()))


def filed_value(record: Any, field: str) -> str:
    """What the school's file says of this field. A cell with two numbers counts as its text."""
    if field == "birth_on":
        birth_on: dt.date = record.birth_on
        return birth_on.isoformat()
    if field == "mobile":
        mobile, home = (record.phones_raw.get(role, "") for role in ("mobile", "home"))
        return cells.choose_mobile(mobile, home) or mobile
    return str(getattr(record, field))


def in_force(uai: str) -> dict[str, list[Correction]]:
    """The corrections that hold for the records of this school, by record."""
    pupils = select(Enrolment.pupil_id).where(Enrolment.uai == uai)
    statement = select(Correction).where(
        Correction.state == "in_force", (Correction.uai == uai) | Correction.record_id.in_(pupils)
    )
    found: dict[str, list[Correction]] = {}
    for correction in db.session.scalars(statement.order_by(Correction.made_at)):
        found.setdefault(correction.record_id, []).append(correction)
    return found


def as_filed(record: Record, said: InForce) -> Record:
    """The record as the last file spelt it, so that the next file's line finds it."""
    corrections = said.get(record.id, ())  # type: ignore[attr-defined]
    return _with_values(record, {c.field: c.file_value for c in corrections}) if corrections else record


def settle(filed: Record, said: InForce) -> tuple[Record, list[Correction]]:
    """What the registry holds, given what the file says now; and the corrections that the file overrules.

    Corrections that the file agrees with, or overrules, end.
    """
    kept: dict[str, str] = {}
    overruled = []
    for correction in said.get(filed.id, ()):  # type: ignore[attr-defined]
        now_filed = filed_value(filed, correction.field)
        if now_filed == correction.value:
            correction.state, correction.ended_at = "agreed", clock.now()
        elif now_filed == correction.file_value:
            kept[correction.field] = correction.value
        else:
            correction.state, correction.ended_at = "overruled", clock.now()
            overruled.append(correction)
    return (_with_values(filed, kept) if kept else filed), overruled


def _with_values(record: Record, values: Mapping[str, str]) -> Record:
    changed: dict[str, object] = {}
    for field, value in values.items():
        if field == "birth_on":
            changed[field] = dt.date.fromisoformat(value)
        elif field == "mobile":
            changed[field] = phones.normalise_mobile(value)
        else:
            changed |= {field: value, NAMES[field]: names.key(value)}
    return msgspec.structs.replace(record, **changed)
