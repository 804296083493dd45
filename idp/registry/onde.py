"""Reading ONDE's CSV extractions: pupils, and responsables with the children they name."""

from collections.abc import Iterable
from typing import IO

from idp.registry import cells, names
from idp.registry.csv_text import decoded, rows
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.onde_headers import Aliases, Columns, header_of, read_header
from idp.registry.records import ChildReference, PersonRow, PupilRow
from idp.registry.staging import Staging

_PUPIL_TEXTS = ("family_name", "usage_name", "first_name", "class_label", "class_code", "level")
_PERSON_TEXTS = ("family_name", "usage_name", "first_name", "address", "commune", "country")
_CHILD_TEXTS = ("child_family_name", "child_usage_name", "child_first_name", "child_class")
_GUARDED = frozenset(_PUPIL_TEXTS + _PERSON_TEXTS + _CHILD_TEXTS)


def read(stream: IO[bytes], file: str, number: int, staging: Staging, school_year: int, aliases: Aliases) -> Columns:
    """Stage one extraction, whichever it is. Raises FileRefused."""
    text = decoded(stream, file)
    try:
        lines = rows(text, file)
        first = next(lines, None)
        if first is None:
            raise FileRefused(Defect("file_empty", file))
        columns = read_header(first[1], file, aliases)
        _Reader(columns, file, number, staging, school_year).read(lines)
        return columns
    finally:
        text.detach()


class _Reader:
    """Turns lines into rows; what is wrong with a line is reported, and whom it spoke of is spared."""

    def __init__(self, columns: Columns, file: str, number: int, staging: Staging, school_year: int) -> None:
        self.columns = columns
        self.file = file
        self.number = number
        self.staging = staging
        self.school_year = school_year

    def read(self, lines: Iterable[tuple[int, list[str]]]) -> None:
        """Raises FileRefused for a header alone: it must not be read as «everybody has left»."""
        is_empty = True
        for line, fields in lines:
            is_empty = False
            self._take(line, fields)
        if is_empty:
            raise FileRefused(Defect("csv_no_rows", self.file, line=1))

    def _take(self, line: int, fields: list[str]) -> None:
        cell = {name: self.columns.cell(fields, name) for name in self.columns.places}
        is_pupil = self.columns.kind == "pupils"
        if self._has_too_many(line, fields):
            taken = False
        elif is_pupil:
            taken = self._take_pupil(line, cell)
        else:
            taken = self._take_person(line, fields, cell)
        if not taken:
            ine = cells.read_ine(cell.get("ine", ""))
            what = "pupil" if is_pupil else "person"
            family, first = cell["family_name"].lstrip("=+-@"), cell["first_name"].lstrip("=+-@")
            self.staging.spare(self.number, what, family=family, first=first, ine=ine)

    def _has_too_many(self, line: int, fields: list[str]) -> bool:
        """Parents' lines may end with empty fields; a pupil's has a fixed width."""
        excess = fields[self.columns.width :]
        if any(excess) or (excess and self.columns.kind == "pupils"):
            self._report("csv_too_many_fields", line)
            return True
        return False

    def _take_pupil(self, line: int, cell: dict[str, str]) -> bool:
        if not self._has_names(line, cell, ("family_name", "first_name")) or self._has_formula(line, cell):
            return False
        birth_on = cells.read_day(cell["birth_on"])
        if birth_on is None:
            self._report("row_date_invalid", line, "birth_on", cell["birth_on"])
            return False
        if not cells.is_pupil_age(birth_on, self.school_year):
            self._report("row_date_implausible", line, "birth_on", cell["birth_on"])
            return False
        label = cell["class_label"][: cells.LONGEST_LABEL]
        row = PupilRow(
            line=line,
            family_name=cell["family_name"],
            usage_name=cell.get("usage_name", ""),
            first_name=cell["first_name"],
            birth_on=birth_on,
            ine=cells.read_ine(cell.get("ine", "")),
            sex=cells.read_sex(cell.get("sex", "")),
            class_code=(cell.get("class_code", "") or label)[: cells.LONGEST_CODE],
            class_label=label,
            level=cell.get("level", "")[: cells.LONGEST_LEVEL],
        )
        self.staging.add_pupil(self.number, row)
        return True

    def _take_person(self, line: int, fields: list[str], cell: dict[str, str]) -> bool:
        if not self._has_names(line, cell, ("family_name",)) or self._has_formula(line, cell):
            return False
        groups = [self._child_cells(fields, group) for group in range(len(self.columns.groups))]
        if any(self._has_formula(line, group) for group in groups):
            return False
        phones_raw = {role: cell[role] for role in ("mobile", "home", "work") if cell.get(role)}
        row = PersonRow(
            line=line,
            family_name=cell["family_name"],
            usage_name=cell.get("usage_name", ""),
            first_name=cell["first_name"],
            civility=cells.read_civility(cell.get("civility", "")),
            is_organisation=not cell.get("civility") and not cell["first_name"],
            mobile=self._mobile(line, phones_raw),
            phones_raw=phones_raw,
            email=self._email(line, cell.get("email", "")),
            address=_address(cell),
            children=tuple(_child(group) for group in groups if group["child_first_name"]),
        )
        self.staging.add_person(self.number, row)
        return True

    def _child_cells(self, fields: list[str], group: int) -> dict[str, str]:
        return {name: self.columns.cell(fields, name, group) for name in _CHILD_TEXTS}

    def _has_names(self, line: int, cell: dict[str, str], required: tuple[str, ...]) -> bool:
        for name in ("family_name", "first_name", "usage_name"):
            text = cell.get(name, "")
            if (name in required and not names.key(text)) or not names.fits(text):
                self._report("row_name_missing", line, name, text)
                return False
        return True

    def _has_formula(self, line: int, cell: dict[str, str]) -> bool:
        for name, text in cell.items():
            if text and name in _GUARDED and cells.is_formula(text):
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
        self.staging.report(self.number, Defect(code, self.file, line=line, column=column, value=value))


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
