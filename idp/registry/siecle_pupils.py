"""The pupils' export of SIECLE (BEE_ELEVES)."""

import datetime as dt

from lxml import etree

from idp.registry import cells, names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import PupilFile, PupilRow

_INE_ELEMENTS = ("INE_RNIE", "ID_NATIONAL", "INE_BEA")
_NO_CLASS = "inactifs"


def text_of(element: etree._Element, *tags: str) -> str:
    """The trimmed text of the first of these children that has one."""
    for tag in tags:
        if text := (element.findtext(tag) or "").strip():
            return text
    return ""


def line_of(element: etree._Element, tag: str) -> int | None:
    """The line of this child, else of the element."""
    child = element.find(tag)
    line: int | None = element.sourceline if child is None else child.sourceline
    return line


class Reader:
    """Takes ELEVE elements, then the classes that come after them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.defects: list[Defect] = []
        self._lines: dict[str, int] = {}
        self._pupils: dict[str, PupilRow] = {}

    def take(self, element: etree._Element) -> None:
        if element.tag == "ELEVE":
            self._take_pupil(element)
        elif element.tag == "STRUCTURES_ELEVE":
            self._take_classes(element)

    def result(self, uai: str, school_year: int) -> PupilFile:
        """All pupils read. Raises FileRefused when there is none: it must not be read as «everybody has left»."""
        if not self._lines:
            raise FileRefused(Defect("xml_malformed", self.file, element="ELEVES"))
        pupils = [pupil for pupil in self._pupils.values() if self._is_plausible(pupil, school_year)]
        return PupilFile("siecle", self.file, self._without_disputed(pupils), self.defects, uai, school_year)

    def _take_pupil(self, element: etree._Element) -> None:
        key = (element.get("ELEVE_ID") or text_of(element, "ELEVE_ID")).strip()
        line = element.sourceline or 0
        if not key:
            raise FileRefused(Defect("xml_id_missing", self.file, line=line, element="ELEVE/@ELEVE_ID"))
        if key in self._lines:
            place = "ELEVE/@ELEVE_ID"
            first_line = self._lines[key]
            raise FileRefused(Defect("xml_id_duplicate", self.file, line, first_line, element=place, value=key))
        self._lines[key] = line
        if pupil := self._pupil(element, key, line):
            self._pupils[key] = pupil

    def _pupil(self, element: etree._Element, key: str, line: int) -> PupilRow | None:
        family_name, first_name = text_of(element, "NOM_DE_FAMILLE", "NOM"), text_of(element, "PRENOM")
        for tag, name in (("NOM_DE_FAMILLE", family_name), ("PRENOM", first_name)):
            if not names.key(name) or len(name) > names.LONGEST:
                self._report("row_name_missing", line_of(element, tag), tag, name)
                return None
            if cells.is_formula(name):
                self._report("row_formula", line_of(element, tag), tag, name)
                return None
        written = text_of(element, "DATE_NAISS")
        birth_on = cells.read_day(written)
        if birth_on is None:
            self._report("row_date_invalid", line_of(element, "DATE_NAISS"), "DATE_NAISS", written)
            return None
        return PupilRow(
            line=line,
            family_name=family_name,
            usage_name=text_of(element, "NOM_USAGE"),
            first_name=first_name,
            other_first_names=" ".join(filter(None, (text_of(element, "PRENOM2"), text_of(element, "PRENOM3")))),
            birth_on=birth_on,
            ine=cells.read_ine(text_of(element, *_INE_ELEMENTS)),
            sex=cells.read_sex(text_of(element, "CODE_SEXE")),
            school_key=key,
            is_present=not text_of(element, "DATE_SORTIE"),
        )

    def _take_classes(self, element: etree._Element) -> None:
        pupil = self._pupils.get((element.get("ELEVE_ID") or text_of(element, "ELEVE_ID")).strip())
        if pupil is None:
            return
        for structure in element.iterfind("STRUCTURE"):
            code = text_of(structure, "CODE_STRUCTURE")
            if text_of(structure, "TYPE_STRUCTURE") == "D" and names.key(code) != _NO_CLASS:
                pupil.class_code = pupil.class_label = code

    def _is_plausible(self, pupil: PupilRow, school_year: int) -> bool:
        if cells.is_pupil_age(pupil.birth_on, school_year):
            return True
        self._report("row_date_implausible", pupil.line, "DATE_NAISS", _french(pupil.birth_on))
        return False

    def _without_disputed(self, pupils: list[PupilRow]) -> list[PupilRow]:
        """One INE on two pupils leaves both out."""
        holders: dict[str, list[PupilRow]] = {}
        for pupil in pupils:
            if pupil.ine:
                holders.setdefault(pupil.ine, []).append(pupil)
        disputed = {ine: rows for ine, rows in holders.items() if len(rows) > 1}
        for ine, (first, *others) in disputed.items():
            for row in others:
                code, place = "row_duplicate_ine", "INE_RNIE"
                self.defects.append(Defect(code, self.file, row.line, first.line, element=place, value=ine))
        return [pupil for pupil in pupils if pupil.ine not in disputed]

    def _report(self, code: str, line: int | None, element: str, value: str) -> None:
        self.defects.append(Defect(code, self.file, line=line, element=element, value=value))


def _french(day: dt.date) -> str:
    return day.strftime("%d/%m/%Y")
