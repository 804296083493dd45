"""Which known pupil each pupil of the file is, and what changes for them and their enrolments."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from idp.db import new_id
from idp.registry import corrections, names
from idp.registry.corrections import InForce
from idp.registry.defects import Defect
from idp.registry.elsewhere import find_mover
from idp.registry.errors import KeysRenumbered
from idp.registry.known import EnrolmentRecord, PupilRecord
from idp.registry.plan import Writer, changed_fields
from idp.registry.reading import SchoolFiles
from idp.registry.records import PupilRow
from idp.registry.staging import Staging, pack, unpack

MOST_ENDED = 0.2
"""Share of known pupils past which an ending must be confirmed, and of keys past which a base was renumbered."""
_SAME_NAMES = "k.family = pupil.family AND k.first = pupil.first"
_SAME_PERSON = f"(({_SAME_NAMES}) OR pupil.birth IN (k.birth, k.held) OR k.ine = pupil.ine)"
"""Otherwise the identifier points to somebody else: names and birth date differ."""
_SAME_IDENTITY = (
    f"{_SAME_NAMES} AND pupil.birth IN (k.birth, k.held) AND k.enrolment IS NOT NULL"
    " AND (k.ine IS NULL OR pupil.ine IS NULL)"
)
"""Names and birth date within the school; two INE are two pupils."""
_MATCHES = (
    "k.ine = pupil.ine AND k.enrolment IS NOT NULL",
    f"{_SAME_IDENTITY} AND k.ended = 0",
    # A typing error in an INE must not bring another school's pupil: something else must agree.
    f"k.ine = pupil.ine AND (({_SAME_NAMES}) OR k.birth = pupil.birth)",
    f"{_SAME_IDENTITY} AND k.ended = 1",
)
"""When a known pupil is one of the file, the surest first. Who is in the school goes before whoever has the INE
elsewhere: otherwise they would end here."""


class PupilPlanner:
    """Writes the file's pupils and enrolments, then ends those whom it no longer has."""

    def __init__(self, staging: Staging, writer: Writer, school: SchoolFiles, now: dt.datetime, said: InForce) -> None:
        self.staging, self.writer, self.now, self.said = staging, writer, now, said
        assert school.pupils is not None
        self.file, self.name = school.pupils.number, school.pupils.name
        self.missing = school.pupils.missing
        self.person_file = school.persons.number if school.persons else None
        self.plan = writer.plan

    def run(self) -> None:
        """Match the pupils, the surest first, then write them."""
        self._match_keys()
        for condition in _MATCHES:
            self._match(condition)
        self._match_movers()
        for place, row, pupil_id in self._rows():
            self._take(place, row, pupil_id)
        self.writer.flush()
        self._keep_spared()

    def check_keys(self) -> None:
        """Raises KeysRenumbered when the base's identifiers now mean other pupils."""
        join = "FROM pupil JOIN known_pupil k ON k.key = pupil.key WHERE pupil.file = ?"
        known = self.staging.count(f"SELECT count(*) {join}", self.file)
        same = self.staging.count(f"SELECT count(*) {join} AND {_SAME_PERSON}", self.file)
        if known - same > MOST_ENDED * known:
            raise KeysRenumbered(uai=self.plan.uai, what="pupils", changed=known - same, known=known)

    def end_the_gone(self) -> None:
        query = "SELECT row, enrolment FROM known_pupil WHERE ended = 0 AND current = 0 ORDER BY id"
        for content, enrolment in self.staging.execute(query):
            pupil = unpack(content, PupilRecord)
            self.writer.update(msgspec.structs.replace(unpack(enrolment, EnrolmentRecord), ended_at=self.now))
            self.writer.tell("pupils", "ended", pupil.shown_name, pupil.id)

    def _match_keys(self) -> None:
        """Identifiers of the base, where they still mean the same pupil; the others are taken from their holders."""
        self.staging.execute(
            "UPDATE pupil SET id = k.id FROM known_pupil k"  # noqa: S608 - ours
            f" WHERE pupil.file = ? AND k.key = pupil.key AND {_SAME_PERSON}",
            self.file,
        )
        self.staging.execute(
            "UPDATE known_pupil SET claimed = 1 WHERE id IN (SELECT id FROM pupil WHERE file = ? AND id IS NOT NULL)",
            self.file,
        )
        displaced = (
            "SELECT k.enrolment FROM pupil p JOIN known_pupil k ON k.key = p.key WHERE p.file = ? AND p.id IS NULL"
        )
        for (content,) in self.staging.all(displaced, self.file):
            freed = msgspec.structs.replace(unpack(content, EnrolmentRecord), school_key=None)
            self.writer.update(freed)
            self.staging.execute(
                "UPDATE known_pupil SET enrolment = ?, key = NULL WHERE id = ?", pack(freed), freed.pupil_id
            )
        self.writer.flush()

    def _match(self, condition: str) -> None:
        """Claim a known pupil, if one is free, for each pupil of the file who has none yet."""
        free = f"FROM known_pupil k WHERE k.claimed = 0 AND {condition}"
        hopeful = self.staging.walk("pupil", self.file, "place", where=f"id IS NULL AND EXISTS (SELECT 1 {free})")
        query = f"SELECT (SELECT k.id {free} ORDER BY k.id LIMIT 1) FROM pupil WHERE place = ?"  # noqa: S608 - ours
        for place, _ in hopeful:
            found = self.staging.first(query, place)
            if found and found[0]:
                self._claim(place, found[0])

    def _match_movers(self) -> None:
        elsewhere = f"FROM known_pupil k WHERE k.claimed = 0 AND k.enrolment IS NULL AND {_SAME_NAMES}"
        hopeful = self.staging.walk("pupil", self.file, "row", where=f"id IS NULL AND EXISTS (SELECT 1 {elsewhere})")
        for place, content in hopeful:
            if found := find_mover(self.staging, unpack(content, PupilRow), self.person_file):
                self._claim(place, found)

    def _rows(self) -> Iterator[tuple[int, PupilRow, str | None]]:
        """The file's pupils with their class, which SIECLE gives apart."""
        columns = (
            "row, id, (SELECT code FROM class WHERE class.file = pupil.file AND class.key = pupil.key"
            " ORDER BY class.rowid DESC LIMIT 1)"
        )
        for place, content, pupil_id, code in self.staging.walk("pupil", self.file, columns):
            row = unpack(content, PupilRow)
            if code is not None:
                row.class_code = row.class_label = code
            yield place, row, pupil_id

    def _claim(self, place: int, pupil_id: str) -> None:
        self.staging.execute("UPDATE pupil SET id = ? WHERE place = ?", pupil_id, place)
        self.staging.execute("UPDATE known_pupil SET claimed = 1 WHERE id = ?", pupil_id)

    def _take(self, place: int, row: PupilRow, pupil_id: str | None) -> None:
        known = self._known(pupil_id) if pupil_id else None
        if not row.is_present and (known is None or known[1] is None):
            return
        filed = _record(row, pupil_id or new_id())
        if filed.ine != (known[0].ine if known else None) and self._is_taken(filed.ine):
            self._report_ine("row_ine_taken" if known else "row_duplicate_ine", row)
            if known is None:
                self.staging.spare(self.file, "pupil", family=row.family_name, first=row.first_name, key=row.school_key)
                return
            filed.ine = known[0].ine
        if known is None:
            self.writer.insert(filed)
        else:
            self._update(known[0], filed, is_elsewhere=known[2])
        if not row.is_present:
            return
        self._enrol(row, filed, known[1] if known else None, is_newcomer=known is not None and known[1] is None)
        self.staging.execute("UPDATE pupil SET id = ? WHERE place = ?", filed.id, place)
        self.staging.execute("UPDATE known_pupil SET current = 1 WHERE id = ?", filed.id)
        usage = names.key(filed.usage_name)
        label = names.key(row.class_label)
        self.staging.insert("enrolled", filed.id, filed.family_key, usage, filed.first_key, label)

    def _known(self, pupil_id: str) -> tuple[PupilRecord, EnrolmentRecord | None, bool] | None:
        found = self.staging.first("SELECT row, enrolment, elsewhere FROM known_pupil WHERE id = ?", pupil_id)
        if found is None:
            return None
        enrolment = unpack(found[1], EnrolmentRecord) if found[1] else None
        return unpack(found[0], PupilRecord), enrolment, bool(found[2])

    def _is_taken(self, ine: str | None) -> bool:
        """Whether the INE is somebody's, here or in another school: no file changes the pupils of another school."""
        return ine is not None and self.staging.first("SELECT 1 FROM known_pupil WHERE ine = ?", ine) is not None

    def _report_ine(self, code: str, row: PupilRow) -> None:
        column, element = ("", "INE_RNIE") if row.school_key else ("INE", "")
        defect = Defect(code, self.name, row.line, column=column, element=element, value=row.ine or "")
        self.staging.report(self.file, defect)

    def _update(self, old: PupilRecord, filed: PupilRecord, *, is_elsewhere: bool) -> None:
        for name in ("ine", "sex", "other_first_names"):  # A column that the extraction left out says nothing.
            if not getattr(filed, name):
                setattr(filed, name, getattr(old, name))
        if "usage_name" in self.missing:
            filed.usage_name = old.usage_name
        if is_elsewhere:
            new = msgspec.structs.replace(old, ine=old.ine or filed.ine, sex=old.sex or filed.sex)
        else:
            new, overruled = corrections.settle(filed, self.said)
            for correction in overruled:
                self.plan.conflicts.append(f"{new.shown_name}: {correction.field}")
        if fields := changed_fields(old, new):
            self.writer.update(new)
            self.writer.tell("pupils", "changed", f"{new.shown_name}: {', '.join(fields)}", new.id)

    def _enrol(self, row: PupilRow, pupil: PupilRecord, old: EnrolmentRecord | None, *, is_newcomer: bool) -> None:
        new = EnrolmentRecord(
            id=old.id if old else new_id(),
            uai=self.plan.uai,
            pupil_id=pupil.id,
            school_key=row.school_key or (old.school_key if old else None),
            class_code=row.class_code,
            class_label=row.class_label,
            level=row.level,
            school_year=self.plan.school_year,
            ended_at=None,
        )
        if old is None:
            self.writer.insert(new)
            self.writer.tell("pupils", "added", row.shown_name, pupil.id)
            if is_newcomer:
                self.plan.newcomers.append(pupil.id)
        elif fields := changed_fields(old, new):
            self.writer.update(new)
            self.writer.tell("pupils", "changed", f"{row.shown_name}: {', '.join(fields)}", pupil.id)

    def _keep_spared(self) -> None:
        """A line that is left out changes nothing for its pupil."""
        query = "SELECT family, first, ine, key FROM spared WHERE file = ? AND what = 'pupil'"
        for family, first, ine, key in self.staging.all(query, self.file):
            self.staging.execute(
                "UPDATE known_pupil SET current = 1 WHERE ended = 0 AND claimed = 0"
                " AND (ine = ? OR key = ? OR (family = ? AND first = ? AND ? != ''))",
                *(ine, key, family, first, family),
            )
        kept = "SELECT row, enrolment FROM known_pupil WHERE current = 1 AND claimed = 0"
        for content, enrolment in self.staging.all(kept):
            enrol_known(self.staging, unpack(content, PupilRecord), unpack(enrolment, EnrolmentRecord))


def enrol_known(staging: Staging, pupil: PupilRecord, enrolment: EnrolmentRecord) -> None:
    """A pupil who stays as the registry has them."""
    usage, label = names.key(pupil.usage_name), names.key(enrolment.class_label)
    staging.insert("enrolled", pupil.id, pupil.family_key, usage, pupil.first_key, label)


def keep_all(staging: Staging) -> None:
    """Responsables came alone: the school's pupils are those of today."""
    staging.execute("UPDATE known_pupil SET current = 1 WHERE ended = 0")
    for content, enrolment in staging.execute("SELECT row, enrolment FROM known_pupil WHERE current = 1"):
        enrol_known(staging, unpack(content, PupilRecord), unpack(enrolment, EnrolmentRecord))


def _record(row: PupilRow, pupil_id: str) -> PupilRecord:
    return PupilRecord(
        id=pupil_id,
        ine=row.ine,
        family_name=row.family_name,
        usage_name=row.usage_name,
        first_name=row.first_name,
        other_first_names=row.other_first_names,
        family_key=names.key(row.family_name),
        first_key=names.key(row.first_name),
        birth_on=row.birth_on,
        sex=row.sex,
    )
