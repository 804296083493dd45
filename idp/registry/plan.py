"""What an import would change: rows to insert and to update, and the names to show before anything is written."""

from dataclasses import dataclass, field
from typing import Any

from idp.registry.defects import Defect

Values = dict[str, Any]


@dataclass
class Changes:
    """One kind of record, by the names that people know. A change names the fields: «DURAND Lina: class_label»."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.ended)


@dataclass
class Batch:
    """Rows of one table. Every update holds the whole row, so that one statement serves them all."""

    inserts: list[Values] = field(default_factory=list)
    updates: list[Values] = field(default_factory=list)


@dataclass
class Plan:
    """All changes of one import of one school."""

    uai: str
    school_year: int
    defects: list[Defect]
    pupils: Changes = field(default_factory=Changes)
    responsables: Changes = field(default_factory=Changes)
    links: Changes = field(default_factory=Changes)
    to_confirm: list[str] = field(default_factory=list)
    """Adults who seem to have changed one name: «old -> new». Nothing changes for them until it is confirmed."""
    undecided: list[str] = field(default_factory=list)
    """Adults who may be one of several known ones: nothing changes for them."""
    rows: dict[str, Batch] = field(default_factory=dict)
    """By table name."""

    @property
    def is_empty(self) -> bool:
        return all(not batch.inserts and not batch.updates for batch in self.rows.values())

    def batch(self, table: str) -> Batch:
        return self.rows.setdefault(table, Batch())


def changed_fields(old: Values, new: Values) -> list[str]:
    """The fields of `new` that differ in `old`."""
    return [name for name, value in new.items() if old[name] != value]
