"""Reading SIECLE's XML exports, streamed: pupils with their classes, and responsables with their links."""

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from idp.registry import siecle_persons, siecle_pupils
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import PersonFile, PupilFile

DEEPEST = 12
LONGEST_TEXT = 10_000
_PROLOG = 64 * 1024
_ENCODINGS = ("iso-8859-1", "iso-8859-15", "utf-8", "us-ascii", "windows-1252")
_ROOTS = ("BEE_ELEVES", "BEE_RESPONSABLES")
_UNITS = ("ELEVE", "STRUCTURES_ELEVE", "PERSONNE", "RESPONSABLE_ELEVE", "ADRESSE", "OPTION", "UAJ", "ANNEE_SCOLAIRE")
"""Elements that are read whole, then forgotten."""


def read(stream: IO[bytes], file: str, uai: str, school_year: int | None) -> PupilFile | PersonFile:
    """One export, whichever it is; it must be this school's and, unless None, this school year's.

    Raises FileRefused.
    """
    _check_prolog(stream, file)
    units = _units(stream, file)
    root = next(units)
    reader = (siecle_pupils.Reader if root.tag == "BEE_ELEVES" else siecle_persons.Reader)(file)
    found: dict[str, str] = {}
    for element in units:
        if element.tag in ("UAJ", "ANNEE_SCOLAIRE"):
            found[element.tag] = (element.text or "").strip()
            _check_parameter(element, file, uai, school_year)
        else:
            reader.take(element)
    if "UAJ" not in found:
        raise FileRefused(Defect("xml_school_mismatch", file, element="UAJ"))
    if not found.get("ANNEE_SCOLAIRE", "").isdecimal():
        raise FileRefused(Defect("xml_year_mismatch", file, element="ANNEE_SCOLAIRE"))
    return reader.result(found["UAJ"], int(found["ANNEE_SCOLAIRE"]))


def _check_prolog(stream: IO[bytes], file: str) -> None:
    """Refuse, before any parser sees them, a DOCTYPE and encodings that no export has."""
    head = stream.read(_PROLOG)
    stream.seek(0)
    if (place := head.find(b"<!DOCTYPE")) >= 0:
        raise FileRefused(Defect("xml_doctype", file, line=head.count(b"\n", 0, place) + 1))
    declared = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]+)[\"']", head)
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
    depth = 0
    try:
        for event, element in parser:
            if event == "start":
                depth += 1
                _check_start(element, depth, file)
                if depth == 1:
                    yield element
                continue
            depth -= 1
            if len(element.text or "") > LONGEST_TEXT:
                raise FileRefused(Defect("xml_malformed", file, line=element.sourceline, element=str(element.tag)))
            if element.tag in _UNITS:
                yield element
                _forget(element)
    except etree.XMLSyntaxError as error:
        raise FileRefused(_syntax_defect(error, file)) from error


def _check_start(element: etree._Element, depth: int, file: str) -> None:
    if depth == 1 and element.tag not in _ROOTS:
        raise FileRefused(Defect("xml_root", file, line=element.sourceline, element=str(element.tag)))
    if depth == 1 and element.getroottree().docinfo.doctype:
        raise FileRefused(Defect("xml_doctype", file, line=element.sourceline))
    if depth > DEEPEST:
        raise FileRefused(Defect("xml_malformed", file, line=element.sourceline, element=str(element.tag)))


def _forget(element: etree._Element) -> None:
    """Free the element and the siblings before it, which lxml would keep until the end."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _check_parameter(element: etree._Element, file: str, uai: str, school_year: int | None) -> None:
    value = (element.text or "").strip()
    tag = str(element.tag)
    if tag == "UAJ" and value != uai:
        raise FileRefused(Defect("xml_school_mismatch", file, line=element.sourceline, element=tag, value=value))
    if tag == "ANNEE_SCOLAIRE" and school_year is not None and value != str(school_year):
        raise FileRefused(Defect("xml_year_mismatch", file, line=element.sourceline, element=tag, value=value))


def _syntax_defect(error: etree.XMLSyntaxError, file: str) -> Defect:
    message = error.msg or ""
    line = error.lineno
    if error.code in (etree.ErrorTypes.ERR_INVALID_ENCODING, etree.ErrorTypes.ERR_INVALID_CHAR):
        return Defect("encoding_invalid", file, line=line)
    if "Input is not proper" in message or "encoding" in message.lower():
        return Defect("encoding_invalid", file, line=line)
    mismatch = re.search(r"tag mismatch: (\w+)", message)
    return Defect("xml_malformed", file, line=line, element=mismatch[1] if mismatch else "")
