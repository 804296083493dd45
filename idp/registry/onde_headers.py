"""Columns of an ONDE extraction: which file it is, and where each field stands."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from idp.registry import names
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.records import Kind

Aliases = Mapping[Any, Mapping[Any, Sequence[str]]]
"""More headers, as the administrator's settings give them: by table, by our name of the column."""
_NO_ALIASES: Aliases = {}
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

    @property
    def missing(self) -> frozenset[str]:
        """Our names of the columns that the file lacks; of a child's, those that some group lacks."""
        lacked = _tables()[self.kind].keys() - self.places.keys()
        for group in self.groups:
            lacked |= _tables()["children"].keys() - group.keys()
        return frozenset(lacked)

    def cell(self, fields: list[str], name: str, group: int | None = None) -> str:
        """The field's text; empty when the column or the end of the line is missing."""
        places = self.places if group is None else self.groups[group]
        place = places.get(name)
        return fields[place] if place is not None and place < len(fields) else ""


def header_of(name: str, kind: str) -> str:
    """The current generation's header of one of our columns, to be shown."""
    return _tables()[kind][name][0]


def read_header(fields: list[str], file: str, aliases: Aliases = _NO_ALIASES) -> Columns:
    """Where each field stands; `aliases` adds headers to the shipped table.

    Raises FileRefused: csv_separator, csv_header_unknown, csv_header_missing, csv_header_duplicate.
    """
    if len(fields) == 1 and any(mark in fields[0] for mark in ",\t|"):
        raise FileRefused(Defect("csv_separator", file, line=1))
    folded = [names.fold(text) for text in fields]
    tables = {kind: _by_header(kind, aliases) for kind in _tables()}
    kind = _kind(folded, tables, file, fields)
    columns = Columns(kind, len(fields))
    children = tables["children"] if kind == "persons" else {}
    for place, header in enumerate(folded):
        if header in tables[kind]:
            _place(columns, tables[kind][header], place, file)
        elif header in children:
            _place_child(columns, children[header], place)
        elif header and header not in tables["unused"]:
            columns.ignored.append(fields[place])
    _check_complete(columns, file, fields)
    return columns


def _by_header(kind: str, aliases: Aliases) -> dict[str, str]:
    """Our name of each known header. The administrator's come last, and so win."""
    shipped = {names.fold(header): name for name, headers in _tables()[kind].items() for header in headers}
    added = {names.fold(header): name for name, headers in aliases.get(kind, {}).items() for header in headers}
    return shipped | added


def _kind(folded: list[str], tables: Mapping[str, Mapping[str, str]], file: str, fields: list[str]) -> Kind:
    """The kind that more of its own columns point to: one or two may be missing, and are then named."""
    pupils, persons = (sum(header in tables[kind] for header in folded) for kind in ("pupils", "persons"))
    kind: Kind = "pupils" if pupils > persons else "persons"
    if max(pupils, persons) < 2:
        missing = ", ".join(header_of(name, table) for table in _REQUIRED for name in _REQUIRED[table])
        raise FileRefused(Defect("csv_header_unknown", file, line=1, column=missing, value=";".join(fields)))
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


def _check_complete(columns: Columns, file: str, fields: list[str]) -> None:
    missing = [header_of(name, columns.kind) for name in _REQUIRED[columns.kind] if name not in columns.places]
    if columns.kind == "persons":
        columns.groups = [group for group in columns.groups if all(name in group for name in _CHILD_REQUIRED)]
        if not columns.groups:
            missing.append(header_of("child_family_name", "children"))
    if missing:
        found = ";".join(fields)
        raise FileRefused(Defect("csv_header_missing", file, line=1, column=", ".join(missing), value=found))
