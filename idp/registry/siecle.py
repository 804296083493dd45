"""Reading SIECLE's XML exports, streamed: pupils with their classes, and responsables with their links."""

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from idp.registry import siecle_persons, siecle_pupils
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import Kind
from idp.registry.staging import Staging

DEEPEST = 12
LONGEST_TEXT = 10_000
LARGEST_UNIT = 2_000
"""Elements in one unit: a pupil has some fifty."""
_PROLOG = 64 * 1024
_ENCODINGS = ("iso-8859-1", "iso-8859-15", "utf-8", "us-ascii", "windows-1252")
_ROOTS = ("BEE_ELEVES", "BEE_RESPONSABLES")
_PARAMETERS = {"UAJ": "xml_school_mismatch", "ANNEE_SCOLAIRE": "xml_year_mismatch"}
_UNITS = ("ELEVE", "STRUCTURES_ELEVE", "PERSONNE", "RESPONSABLE_ELEVE", "ADRESSE", *_PARAMETERS)
"""Elements that are read whole, then forgotten; all others are forgotten unread."""


def read(
    stream: IO[bytes], file: str, number: int, staging: Staging, uai: str | None, school_year: int | None
) -> tuple[Kind, str, int]:
    """Stage one export, whichever it is; its kind, school and school year.

    It must be of this school and of this school year, unless they are None. Raises FileRefused.
    """
    _check_prolog(stream, file)
    units = _units(stream, file)
    root = next(units)
    is_pupils = root.tag == "BEE_ELEVES"
    reader = (siecle_pupils.Reader if is_pupils else siecle_persons.Reader)(file, number, staging)
    found: dict[str, str] = {}
    for element in units:
        if element.tag in _PARAMETERS:
            found[element.tag] = (element.text or "").strip()
            _check_parameter(element, file, uai, school_year)
        else:
            reader.take(element)
    if not found.get("UAJ"):
        raise FileRefused(Defect("xml_school_mismatch", file, element="UAJ"))
    if not re.fullmatch(r"[12]\d{3}", found.get("ANNEE_SCOLAIRE", ""), re.ASCII):
        raise FileRefused(Defect("xml_year_mismatch", file, element="ANNEE_SCOLAIRE"))
    year = int(found["ANNEE_SCOLAIRE"])
    reader.finish(year)
    return "pupils" if is_pupils else "persons", found["UAJ"].upper(), year


def _check_prolog(stream: IO[bytes], file: str) -> None:
    """Refuse, before any parser sees them, a DOCTYPE and encodings that no export has."""
    stream.seek(0)
    head = stream.read(_PROLOG)
    stream.seek(0)
    if (place := head.find(b"<!DOCTYPE")) >= 0:
        raise FileRefused(Defect("xml_doctype", file, line=head.count(b"\n", 0, place) + 1))
    declared = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']", head)
    if b"\x00" in head or (declared and declared[1].decode().lower() not in _ENCODINGS):
        raise FileRefused(Defect("encoding_invalid", file, line=1))


def _units(stream: IO[bytes], file: str) -> Iterator[etree._Element]:
    """The root as it opens, then each unit as it closes; what was read is freed."""
    parser = etree.iterparse(
        stream,
        events=("start", "end"),
        load_dtd=False,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    walk = _Walk(file)
    try:
        for event, element in parser:
            if event == "start":
                if walk.enters(element):
                    yield element
            elif walk.leaves(element):
                yield element
                _forget(element)
            elif walk.unit is None:
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise FileRefused(_syntax_defect(error, file)) from error


class _Walk:
    """Where the parser stands: how deep, and in which unit."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.depth = 0
        self.unit: etree._Element | None = None
        self.size = 0

    def enters(self, element: etree._Element) -> bool:
        """True for the root. Raises FileRefused for what no export has."""
        self.depth += 1
        self.size += 1
        is_root = self.depth == 1
        if is_root and element.tag not in _ROOTS:
            self._refuse("xml_root", element)
        if is_root and element.getroottree().docinfo.doctype:
            self._refuse("xml_doctype", element)
        if self.unit is None and element.tag in _UNITS:
            self.unit, self.size = element, 0
        if self.depth > DEEPEST or (self.unit is not None and self.size > LARGEST_UNIT):
            self._refuse("xml_malformed", element)
        return is_root

    def leaves(self, element: etree._Element) -> bool:
        """True for a unit that is complete."""
        self.depth -= 1
        if len(element.text or "") > LONGEST_TEXT or len(element.tail or "") > LONGEST_TEXT:
            self._refuse("xml_malformed", element)
        if element is not self.unit:
            return False
        self.unit = None
        return True

    def _refuse(self, code: str, element: etree._Element) -> None:
        raise FileRefused(Defect(code, self.file, line=element.sourceline, element=str(element.tag)[:100]))


def _forget(element: etree._Element) -> None:
    """Free the element and the siblings before it, which lxml would keep until the end."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _check_parameter(element: etree._Element, file: str, uai: str | None, school_year: int | None) -> None:
    value = (element.text or "").strip()
    tag = str(element.tag)
    wanted = uai if tag == "UAJ" else school_year
    if wanted is not None and value.upper() != str(wanted):
        raise FileRefused(Defect(_PARAMETERS[tag], file, line=element.sourceline, element=tag, value=value))


def _syntax_defect(error: etree.XMLSyntaxError, file: str) -> Defect:
    message = error.msg or ""
    line = error.lineno
    if error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR):
        return Defect("encoding_invalid", file, line=line)
    if "Input is not proper" in message or "encoding" in message.lower():
        return Defect("encoding_invalid", file, line=line)
    mismatch = re.search(r"tag mismatch: (\w+)", message)
    return Defect("xml_malformed", file, line=line, element=mismatch[1][:100] if mismatch else "")
