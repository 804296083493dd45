"""What the registry knows of one school before an import, copied beside the files' rows to be compared with them."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Select, Table, select, tuple_
from sqlalchemy.orm import aliased

from idp.db import db
from idp.registry import corrections
from idp.registry.models import Enrolment, Link, Pupil, Responsable
from idp.registry.staging import CHUNK, Staging, pack

Item = TypeVar("Item")
_SCHEMA = """
CREATE TABLE known_pupil (id TEXT PRIMARY KEY, family TEXT, first TEXT, birth TEXT, held TEXT, ine TEXT, row BLOB,
    key TEXT,
    ended INTEGER, enrolment BLOB, claimed INTEGER DEFAULT 0, current INTEGER DEFAULT 0, elsewhere INTEGER DEFAULT 0)
    WITHOUT ROWID;
CREATE INDEX known_pupil_names ON known_pupil (family, first);
CREATE INDEX known_pupil_ine ON known_pupil (ine) WHERE ine IS NOT NULL;
CREATE INDEX known_pupil_key ON known_pupil (key) WHERE key IS NOT NULL;
CREATE TABLE known_adult (id TEXT PRIMARY KEY, family TEXT, first TEXT, held_family TEXT, held_first TEXT, mobile TEXT,
    email TEXT, address TEXT, key TEXT, ended INTEGER, row BLOB, claimed INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE INDEX known_adult_names ON known_adult (family, first);
CREATE INDEX known_adult_held ON known_adult (held_family, held_first);
CREATE INDEX known_adult_mobile ON known_adult (first, mobile);
CREATE INDEX known_adult_key ON known_adult (key) WHERE key IS NOT NULL;
CREATE TABLE known_link (adult TEXT, pupil TEXT, ended INTEGER, row BLOB, PRIMARY KEY (adult, pupil)) WITHOUT ROWID;
CREATE TABLE enrolled (pupil TEXT PRIMARY KEY, family TEXT, usage TEXT, first TEXT, class TEXT) WITHOUT ROWID;
CREATE INDEX enrolled_names ON enrolled (family, first);
CREATE TABLE pair (person INTEGER, pupil TEXT, level INTEGER, kind TEXT, contact INTEGER, PRIMARY KEY (person, pupil))
    WITHOUT ROWID;
CREATE TABLE wanted (adult TEXT, pupil TEXT, level INTEGER, kind TEXT, contact INTEGER, PRIMARY KEY (adult, pupil))
    WITHOUT ROWID
"""
_TABLES = ("known_pupil", "known_adult", "known_link", "enrolled", "pair", "wanted")


class PupilRecord(Struct, array_like=True):
    """A row of `pupils`."""

    id: str
    ine: str | None
    family_name: str
    usage_name: str
    first_name: str
    other_first_names: str
    family_key: str
    first_key: str
    birth_on: dt.date
    sex: str

    @property
    def shown_name(self) -> str:
        return f"{self.family_name} {self.first_name}"


class EnrolmentRecord(Struct, array_like=True):
    """A row of `enrolments`."""

    id: str
    uai: str
    pupil_id: str
    school_key: str | None
    class_code: str
    class_label: str
    level: str
    school_year: int
    ended_at: dt.datetime | None


class AdultRecord(Struct, array_like=True):
    """A row of `responsables`."""

    id: str
    uai: str
    school_key: str | None
    civility: str
    family_name: str
    usage_name: str
    first_name: str
    family_key: str
    usage_key: str
    first_key: str
    is_organisation: bool
    mobile: str | None
    mobile_changed_at: dt.datetime | None
    previous_mobile: str | None
    accepts_sms: bool
    phones_raw: dict[str, str]
    email: str
    address: dict[str, str]
    ended_at: dt.datetime | None


class LinkRecord(Struct, array_like=True):
    """A row of `links`."""

    responsable_id: str
    pupil_id: str
    legal_level: int
    kind: str
    is_first_contact: bool
    ended_at: dt.datetime | None


RECORDS: dict[type[Struct], type[Any]] = {
    PupilRecord: Pupil,
    EnrolmentRecord: Enrolment,
    AdultRecord: Responsable,
    LinkRecord: Link,
}
"""Each record's model, in an order that foreign keys accept."""


def table_of(kind: type[Struct]) -> Table:
    found = RECORDS[kind].__table__
    assert isinstance(found, Table)
    return found


def load(staging: Staging, uai: str, pupil_file: int | None) -> None:
    """Copy the school's records, ended ones too, and the pupils of other schools whom the file may speak of."""
    if staging.first("SELECT 1 FROM sqlite_master WHERE name = 'known_pupil'") is None:
        staging.script(_SCHEMA)
    for table in _TABLES:
        staging.execute(f"DELETE FROM {table}")  # noqa: S608 - our tables
    said = corrections.in_force(uai)
    _load_pupils(staging, uai, said)
    if pupil_file is not None:
        _load_others(staging, uai, pupil_file)
    _load_adults(staging, uai, said)
    _load_links(staging, uai)


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Consecutive pieces of at most `size` items."""
    iterator = iter(items)
    while piece := list(islice(iterator, size)):
        yield piece


def stream(statement: Select[Any]) -> Iterator[Any]:
    """Rows of the registry a thousand at a time, whatever the database."""
    return iter(db.session.execute(statement, execution_options={"yield_per": CHUNK}))


def _record(kind: type[Item], row: Any) -> Item:
    fields: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
    return kind(*(row[name] for name in fields))


def _select(kind: type[Struct]) -> Select[Any]:
    table = table_of(kind)
    return select(*(table.c[name] for name in kind.__struct_fields__))


def _load_pupils(staging: Staging, uai: str, said: corrections.InForce) -> None:
    pupils, enrolments = table_of(PupilRecord), table_of(EnrolmentRecord)
    of_school = select(enrolments.c.pupil_id).where(enrolments.c.uai == uai)
    for row in stream(_select(PupilRecord).where(pupils.c.id.in_(of_school))):
        _add_pupil(staging, _record(PupilRecord, row._mapping), said)
    for row in stream(_select(EnrolmentRecord).where(enrolments.c.uai == uai)):
        record = _record(EnrolmentRecord, row._mapping)
        staging.execute(
            "UPDATE known_pupil SET key = ?, ended = ?, enrolment = ? WHERE id = ?",
            record.school_key,
            int(record.ended_at is not None),
            pack(record),
            record.pupil_id,
        )
    other, own = aliased(Enrolment), aliased(Enrolment)
    longer = (
        select(other.pupil_id, other.uai)
        .join(own, own.pupil_id == other.pupil_id)
        .where(own.uai == uai, other.uai != uai, other.ended_at.is_(None))
        .where((other.id < own.id) | own.ended_at.is_not(None))
    )
    _mark_elsewhere(staging, db.session.execute(longer))


def _load_others(staging: Staging, uai: str, pupil_file: int) -> None:
    """Pupils of other schools who have an INE of the file that nobody has here, or such names and birth date.

    Whoever has the INE is loaded even when the school knows somebody of those names: an INE is one pupil's.
    """
    pupils = table_of(PupilRecord)
    own = "SELECT 1 FROM known_pupil k WHERE k.enrolment IS NOT NULL AND"
    names_are_new = (
        f"NOT EXISTS ({own} k.family = pupil.family AND k.first = pupil.first AND pupil.birth IN (k.birth, k.held))"
    )
    where = f"NOT EXISTS ({own} k.ine = pupil.ine) AND (pupil.ine IS NOT NULL OR {names_are_new})"
    unknown = staging.walk("pupil", pupil_file, f"ine, family, first, birth, {names_are_new}", where=where)
    for piece in chunks(unknown, 500):
        ines = [ine for _, ine, *_ in piece if ine]
        same = [(family, first, dt.date.fromisoformat(birth)) for *_, family, first, birth, is_new in piece if is_new]
        identity = tuple_(pupils.c.family_key, pupils.c.first_key, pupils.c.birth_on)
        found = [
            _record(PupilRecord, row._mapping)
            for condition in (pupils.c.ine.in_(ines), identity.in_(same))
            for row in db.session.execute(_select(PupilRecord).where(condition))
        ]
        for record in found:
            _add_pupil(staging, record, {})
        current = select(Enrolment.pupil_id, Enrolment.uai).where(
            Enrolment.pupil_id.in_([record.id for record in found]), Enrolment.uai != uai, Enrolment.ended_at.is_(None)
        )
        _mark_elsewhere(staging, db.session.execute(current))


def _add_pupil(staging: Staging, record: PupilRecord, said: corrections.InForce) -> None:
    """Found as the last file spelt them, or as they were corrected here (`held`): the next file may say either."""
    as_filed = corrections.as_filed(record, said)
    births = (as_filed.birth_on.isoformat(), record.birth_on.isoformat())
    values = (record.id, as_filed.family_key, as_filed.first_key, *births, record.ine)
    staging.execute(
        "INSERT OR IGNORE INTO known_pupil (id, family, first, birth, held, ine, row) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *values,
        pack(record),
    )


def _mark_elsewhere(staging: Staging, rows: Iterable[Any]) -> None:
    """Another school has had these pupils for longer, and still has them: it speaks for their names and birth date."""
    for pupil_id, uai in rows:
        known = staging.first("SELECT ine, family, first, birth FROM known_pupil WHERE id = ?", pupil_id)
        if known is not None and not staging.is_leaving(uai, *known):
            staging.execute("UPDATE known_pupil SET elsewhere = 1 WHERE id = ?", pupil_id)


def _load_adults(staging: Staging, uai: str, said: corrections.InForce) -> None:
    adults = table_of(AdultRecord)
    for row in stream(_select(AdultRecord).where(adults.c.uai == uai)):
        record = _record(AdultRecord, row._mapping)
        filed = corrections.as_filed(record, said)
        staging.insert(
            "known_adult",
            record.id,
            filed.family_key,
            filed.first_key,
            record.family_key,
            record.first_key,
            filed.mobile,
            record.email,
            address_key(record.address),
            record.school_key,
            int(record.ended_at is not None),
            pack(record),
            0,
        )


def _load_links(staging: Staging, uai: str) -> None:
    links, adults = table_of(LinkRecord), table_of(AdultRecord)
    statement = _select(LinkRecord).join(adults, adults.c.id == links.c.responsable_id).where(adults.c.uai == uai)
    for row in stream(statement):
        record = _record(LinkRecord, row._mapping)
        ended = int(record.ended_at is not None)
        staging.insert("known_link", record.responsable_id, record.pupil_id, ended, pack(record))


def address_key(address: dict[str, str]) -> str:
    """What two equal addresses have in common; empty without one."""
    return "\n".join(address.get(part, "") for part in ("lines", "postcode", "commune", "country")).strip()
