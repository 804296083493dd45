"""Columns of an ONDE extraction: which file it is, and where each field stands."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from idp.registry import names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused

Kind = Literal["pupils", "persons"]
_REQUIRED: dict[Kind, tuple[str, ...]] = {
    "pupils": ("family_name", "first_name", "birth_on", "class_label"),
    "persons": ("family_name", "first_name"),
}
_CHILD_REQUIRED = ("child_family_name", "child_first_name")


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(files("idp.registry").joinpath("onde_headers.toml").read_text("utf-8"))


@dataclass
class Columns:
    """Places of the known columns. `groups` has one mapping for each child of the largest family."""

    kind: Kind
    width: int
    places: dict[str, int] = field(default_factory=dict)
    groups: list[dict[str, int]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def cell(self, fields: list[str], name: str, group: int | None = None) -> str:
        """The field's text; empty when the column or the end of the line is missing."""
        places = self.places if group is None else self.groups[group]
        place = places.get(name)
        return fields[place] if place is not None and place < len(fields) else ""


def header_of(name: str, kind: str) -> str:
    """The current generation's header of one of our columns, to be shown."""
    return _tables()[kind][name][0]


def read_header(fields: list[str], file: str) -> Columns:
    """Raises FileRefused: csv_separator, csv_header_unknown, csv_header_missing, csv_header_duplicate."""
    if len(fields) == 1 and any(mark in fields[0] for mark in ",\t|"):
        raise FileRefused(Defect("csv_separator", file, line=1))
    folded = [names.fold(text) for text in fields]
    kind = _kind(folded, file, fields)
    columns = Columns(kind, len(fields))
    known = _by_header(kind)
    children = _by_header("children") if kind == "persons" else {}
    for place, header in enumerate(folded):
        if header in known:
            _place(columns, known[header], place, file)
        elif header in children:
            _place_child(columns, children[header], place)
        elif header:
            columns.ignored.append(fields[place])
    _check_complete(columns, file)
    return columns


def _by_header(kind: str) -> dict[str, str]:
    return {names.fold(header): name for name, headers in _tables()[kind].items() for header in headers}


def _kind(folded: list[str], file: str, fields: list[str]) -> Kind:
    """The kind that more of its own columns point to: one or two may be missing, and are then named."""
    found: dict[Kind, int] = {
        "pupils": sum(header in _by_header("pupils") for header in folded),
        "persons": sum(header in _by_header("persons") for header in folded),
    }
    kind: Kind = "pupils" if found["pupils"] > found["persons"] else "persons"
    if found[kind] < 2:
        raise FileRefused(Defect("csv_header_unknown", file, line=1, value=";".join(fields)))
    return kind


def _place(columns: Columns, name: str, place: int, file: str) -> None:
    if name in columns.places and name in _REQUIRED[columns.kind]:
        raise FileRefused(Defect("csv_header_duplicate", file, line=1, column=header_of(name, columns.kind)))
    columns.places.setdefault(name, place)


def _place_child(columns: Columns, name: str, place: int) -> None:
    """A column that the current group has already opens the next child's group."""
    if not columns.groups or name in columns.groups[-1]:
        columns.groups.append({})
    columns.groups[-1][name] = place


def _check_complete(columns: Columns, file: str) -> None:
    for name in _REQUIRED[columns.kind]:
        if name not in columns.places:
            raise FileRefused(Defect("csv_header_missing", file, line=1, column=header_of(name, columns.kind)))
    if columns.kind == "pupils":
        return
    columns.groups = [group for group in columns.groups if all(name in group for name in _CHILD_REQUIRED)]
    if not columns.groups:
        column = header_of("child_family_name", "children")
        raise FileRefused(Defect("csv_header_missing", file, line=1, column=column))
