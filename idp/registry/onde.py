"""Reading ONDE's CSV extractions: pupils, and responsables with the children they name."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO

from idp.registry import cells, names
from idp.registry.csv_text import decode, rows
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.onde_headers import Columns, header_of, read_header
from idp.registry.records import ChildReference, PersonFile, PersonRow, PupilFile, PupilRow

_PUPIL_TEXTS = ("family_name", "usage_name", "first_name", "class_label", "class_code", "level")
_PERSON_TEXTS = ("family_name", "usage_name", "first_name", "address", "commune", "country")
_CHILD_TEXTS = ("child_family_name", "child_usage_name", "child_first_name", "child_class")


def read(stream: IO[bytes], file: str, school_year: int) -> PupilFile | PersonFile:
    """One extraction, whichever it is. Raises FileRefused."""
    lines = rows(decode(stream.read(), file), file)
    first = next(lines, None)
    if first is None:
        raise FileRefused(Defect("file_empty", file))
    columns = read_header(first[1], file)
    reader = _Reader(columns, file, school_year)
    if columns.kind == "pupils":
        pupils = [pupil for line, fields in reader.kept(lines) if (pupil := reader.pupil(line, fields))]
        reader.check_rows()
        return PupilFile("onde", file, list(_without_duplicates(pupils, file, reader.defects)), reader.defects)
    persons = [person for line, fields in reader.kept(lines) if (person := reader.person(line, fields))]
    reader.check_rows()
    return PersonFile("onde", file, persons, reader.defects)


class _Reader:
    """Turns lines into rows; what is wrong with a line goes to `defects`."""

    def __init__(self, columns: Columns, file: str, school_year: int) -> None:
        self.columns = columns
        self.file = file
        self.school_year = school_year
        self.defects: list[Defect] = []
        self.lines_seen = 0

    def kept(self, lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
        """Lines that fit the header. Parents' lines may end with empty fields; a pupil's has a fixed width."""
        for line, fields in lines:
            self.lines_seen += 1
            excess = fields[self.columns.width :]
            if any(excess) or (excess and self.columns.kind == "pupils"):
                self._report("csv_too_many_fields", line)
            else:
                yield line, fields

    def check_rows(self) -> None:
        """A header alone must not be read as «everybody has left»."""
        if not self.lines_seen:
            raise FileRefused(Defect("csv_no_rows", self.file, line=1))

    def pupil(self, line: int, fields: list[str]) -> PupilRow | None:
        cell = {name: self.columns.cell(fields, name) for name in self.columns.places}
        if not self._has_names(line, cell, ("family_name", "first_name")) or self._has_formula(line, cell):
            return None
        birth_on = cells.read_day(cell["birth_on"])
        if birth_on is None:
            self._report("row_date_invalid", line, "birth_on", cell["birth_on"])
            return None
        if not cells.is_pupil_age(birth_on, self.school_year):
            self._report("row_date_implausible", line, "birth_on", cell["birth_on"])
            return None
        return PupilRow(
            line=line,
            family_name=cell["family_name"],
            usage_name=cell.get("usage_name", ""),
            first_name=cell["first_name"],
            birth_on=birth_on,
            ine=cells.read_ine(cell.get("ine", "")),
            sex=cells.read_sex(cell.get("sex", "")),
            class_code=cell.get("class_code", "") or cell["class_label"],
            class_label=cell["class_label"],
            level=cell.get("level", ""),
        )

    def person(self, line: int, fields: list[str]) -> PersonRow | None:
        cell = {name: self.columns.cell(fields, name) for name in self.columns.places}
        if not self._has_names(line, cell, ("family_name",)) or self._has_formula(line, cell):
            return None
        groups = [self._child_cells(fields, group) for group in range(len(self.columns.groups))]
        if any(self._has_formula(line, group) for group in groups):
            return None
        phones_raw = {role: cell[role] for role in ("mobile", "home", "work") if cell.get(role)}
        is_organisation = not cell.get("civility") and not cell["first_name"]
        return PersonRow(
            line=line,
            family_name=cell["family_name"],
            usage_name=cell.get("usage_name", ""),
            first_name=cell["first_name"],
            civility=cells.read_civility(cell.get("civility", "")),
            is_organisation=is_organisation,
            mobile=self._mobile(line, phones_raw),
            phones_raw=phones_raw,
            email=self._email(line, cell.get("email", "")),
            address=_address(cell),
            children=tuple(_child(group) for group in groups if group["child_first_name"]),
        )

    def _child_cells(self, fields: list[str], group: int) -> dict[str, str]:
        return {name: self.columns.cell(fields, name, group) for name in _CHILD_TEXTS}

    def _has_names(self, line: int, cell: dict[str, str], required: tuple[str, ...]) -> bool:
        for name in required:
            if not names.key(cell[name]) or len(cell[name]) > names.LONGEST:
                self._report("row_name_missing", line, name, cell[name])
                return False
        return True

    def _has_formula(self, line: int, cell: dict[str, str]) -> bool:
        for name, text in cell.items():
            if name in _PUPIL_TEXTS + _PERSON_TEXTS + _CHILD_TEXTS and cells.is_formula(text):
                self._report("row_formula", line, name, text)
                return True
        return False

    def _mobile(self, line: int, phones_raw: dict[str, str]) -> str | None:
        mobile = phones_raw.get("mobile", "")
        if cells.is_unusable_phone(mobile):
            self._report("row_phone_unusable", line, "mobile", mobile)
        return cells.choose_mobile(mobile, phones_raw.get("home", ""))

    def _email(self, line: int, email: str) -> str:
        if email and not cells.is_email(email):
            self._report("row_email_invalid", line, "email", email)
            return ""
        return email

    def _report(self, code: str, line: int, name: str = "", value: str = "") -> None:
        table = "children" if name.startswith("child_") else self.columns.kind
        column = header_of(name, table) if name else ""
        self.defects.append(Defect(code, self.file, line=line, column=column, value=value))


def _address(cell: dict[str, str]) -> dict[str, str]:
    parts = {
        "lines": cell.get("address", ""),
        "postcode": cell.get("postcode", ""),
        "commune": cell.get("commune", ""),
        "country": cell.get("country", ""),
    }
    return parts if any(parts.values()) else {}


def _child(group: dict[str, str]) -> ChildReference:
    return ChildReference(
        family_name=group["child_family_name"],
        usage_name=group["child_usage_name"],
        first_name=group["child_first_name"],
        class_label=group["child_class"],
    )


def _without_duplicates(pupils: list[PupilRow], file: str, defects: list[Defect]) -> Iterator[PupilRow]:
    """Each pupil once. One INE on two pupils leaves both out: which is right only the school knows."""
    holders: dict[str, list[PupilRow]] = {}
    for pupil in pupils:
        if pupil.ine:
            holders.setdefault(pupil.ine, []).append(pupil)
    disputed = {ine for ine, rows in holders.items() if len({row.identity for row in rows}) > 1}
    for ine in sorted(disputed):
        first, *others = holders[ine]
        defects.extend(
            Defect("row_duplicate_ine", file, line=row.line, first_line=first.line, column="INE", value=ine)
            for row in others
        )
    seen: dict[tuple[object, ...], PupilRow] = {}
    kept = [pupil for pupil in pupils if pupil.ine not in disputed]
    for pupil in kept:
        first = seen.setdefault(pupil.identity, pupil)
        if first is pupil:
            continue
        if first.ine and pupil.ine and first.ine != pupil.ine:
            seen[(*pupil.identity, pupil.ine)] = pupil  # Two INE: two pupils of one name born on one day.
            continue
        defects.append(Defect("row_duplicate_pupil", file, line=pupil.line, first_line=first.line))
        if pupil.ine and not first.ine:
            seen[pupil.identity] = replace(first, ine=pupil.ine)
    yield from seen.values()
