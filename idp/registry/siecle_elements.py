"""Reading SIECLE's elements: texts, lines, identifiers and names."""

from collections.abc import Callable

from lxml import etree

from idp.registry import cells, names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.staging import Staging

Report = Callable[[str, int | None, str, str], None]
"""Tells a defect: its code, line, element and value."""
LONGEST_KEY = 40


def text_of(element: etree._Element, *tags: str) -> str:
    """The trimmed text of the first of these children that has one."""
    for tag in tags:
        if text := (element.findtext(tag) or "").strip():
            return text
    return ""


def line_of(element: etree._Element, *tags: str) -> int | None:
    """The line of the first of these children, else of the element."""
    child = next((found for tag in tags if (found := element.find(tag)) is not None), element)
    line: int | None = child.sourceline
    return line


def key_of(element: etree._Element, name: str) -> str:
    """An identifier of the base: an attribute, or a child element."""
    return (element.get(name) or text_of(element, name)).strip()


def checked_key(element: etree._Element, name: str, file: str) -> str:
    """The record's own identifier. Raises FileRefused when it has none that can be kept."""
    key = key_of(element, name)
    if not key or len(key) > LONGEST_KEY:
        place = f"{element.tag}/@{name}"
        raise FileRefused(Defect("xml_id_missing", file, line=element.sourceline, element=place, value=key))
    return key


def check_doubles(staging: Staging, table: str, number: int, file: str, place: str) -> None:
    """Raises FileRefused when two records of the file have one identifier."""
    double = staging.first(
        "SELECT key FROM seen WHERE file = ? AND what = ? GROUP BY key HAVING count(*) > 1 ORDER BY max(line)",
        number,
        table,
    )
    if double:
        query = "SELECT line FROM seen WHERE file = ? AND what = ? AND key = ? ORDER BY line LIMIT 2"
        (first,), (second,) = staging.all(query, number, table, double[0])
        raise FileRefused(Defect("xml_id_duplicate", file, second, first, element=place, value=double[0]))


def has_names(element: etree._Element, required: tuple[str, ...], report: Report) -> bool:
    """Whether the names can be kept: the required ones are there, none is too long or a spreadsheet's formula."""
    for tags in (("NOM_DE_FAMILLE", "NOM"), ("PRENOM",), ("NOM_USAGE",)):
        name, line = text_of(element, *tags), line_of(element, *tags)
        if (tags[0] in required and not names.key(name)) or not names.fits(name):
            report("row_name_missing", line, tags[0], name)
            return False
        if cells.is_formula(name):
            report("row_formula", line, tags[0], name)
            return False
    return True
