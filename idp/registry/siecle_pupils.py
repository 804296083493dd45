"""The pupils' export of SIECLE (BEE_ELEVES)."""

import datetime as dt

from lxml import etree

from idp.registry import cells, names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import PupilRow
from idp.registry.siecle_elements import check_doubles, checked_key, has_names, key_of, line_of, text_of
from idp.registry.staging import Staging, unpack

_INE_ELEMENTS = ("INE_RNIE", "ID_NATIONAL", "INE_BEA")
_NO_CLASS = "inactifs"


class Reader:
    """Takes ELEVE elements, then the classes that come after them."""

    def __init__(self, file: str, number: int, staging: Staging) -> None:
        self.file = file
        self.number = number
        self.staging = staging
        self._is_empty = True

    def take(self, element: etree._Element) -> None:
        if element.tag == "ELEVE":
            self._take_pupil(element)
        elif element.tag == "STRUCTURES_ELEVE":
            self._take_classes(element)

    def finish(self, school_year: int) -> None:
        """Raises FileRefused when there is no pupil: it must not be read as «everybody has left»."""
        if self._is_empty:
            raise FileRefused(Defect("xml_malformed", self.file, element="ELEVES"))
        check_doubles(self.staging, "pupil", self.number, self.file, "ELEVE/@ELEVE_ID")
        self._leave_out_implausible(school_year)

    def _take_pupil(self, element: etree._Element) -> None:
        key = checked_key(element, "ELEVE_ID", self.file)
        self._is_empty = False
        self.staging.insert("seen", self.number, "pupil", key, element.sourceline or 0)
        if pupil := self._pupil(element, key):
            self.staging.add_pupil(self.number, pupil)
        else:
            ine = cells.read_ine(text_of(element, *_INE_ELEMENTS))
            self.staging.spare(self.number, "pupil", ine=ine, key=key)

    def _pupil(self, element: etree._Element, key: str) -> PupilRow | None:
        if not has_names(element, ("NOM_DE_FAMILLE", "PRENOM"), self._report):
            return None
        written = text_of(element, "DATE_NAISS")
        birth_on = cells.read_day(written)
        if birth_on is None:
            self._report("row_date_invalid", line_of(element, "DATE_NAISS"), "DATE_NAISS", written)
            return None
        others = " ".join(filter(None, (text_of(element, "PRENOM2"), text_of(element, "PRENOM3"))))
        return PupilRow(
            line=element.sourceline or 0,
            family_name=text_of(element, "NOM_DE_FAMILLE", "NOM"),
            usage_name=text_of(element, "NOM_USAGE"),
            first_name=text_of(element, "PRENOM"),
            other_first_names=others[:200],
            birth_on=birth_on,
            ine=cells.read_ine(text_of(element, *_INE_ELEMENTS)),
            sex=cells.read_sex(text_of(element, "CODE_SEXE")),
            school_key=key,
            is_present=not text_of(element, "DATE_SORTIE"),
        )

    def _take_classes(self, element: etree._Element) -> None:
        key = key_of(element, "ELEVE_ID")
        for structure in element.iterfind("STRUCTURE"):
            code = text_of(structure, "CODE_STRUCTURE")[: cells.LONGEST_CODE]
            if text_of(structure, "TYPE_STRUCTURE") == "D" and names.key(code) != _NO_CLASS:
                if cells.is_formula(code):
                    self._report("row_formula", line_of(structure, "CODE_STRUCTURE"), "CODE_STRUCTURE", code)
                    continue
                self.staging.insert("class", self.number, key, code)

    def _leave_out_implausible(self, school_year: int) -> None:
        last, first = cells.birth_days(school_year)
        days = (first.isoformat(), last.isoformat())
        for place, content in self.staging.walk("pupil", self.number, "row", *days, where="birth < ? OR birth > ?"):
            pupil = unpack(content, PupilRow)
            self._report("row_date_implausible", pupil.line, "DATE_NAISS", _french(pupil.birth_on))
            self.staging.spare(self.number, "pupil", ine=pupil.ine, key=pupil.school_key)
            self.staging.execute("DELETE FROM pupil WHERE place = ?", place)

    def _report(self, code: str, line: int | None, element: str, value: str) -> None:
        self.staging.report(self.number, Defect(code, self.file, line=line, element=element, value=value))


def _french(day: dt.date) -> str:
    return day.strftime("%d/%m/%Y")
