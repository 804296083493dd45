"""What an import changes: counted, named for the report, and written a thousand rows at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, insert, update

from idp.db import db
from idp.registry.corrections import MobileChange
from idp.registry.known import RECORDS, table_of
from idp.registry.models import ImportRows
from idp.registry.staging import CHUNK

MOST_NAMED = 1000
"""Names kept for the report, of each kind; the count is always whole."""
Values = dict[str, Any]


class Names(list[str]):
    """The first names of a long list, with the length that the list would have."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, name: str) -> None:
        self.total += 1
        if len(self) < MOST_NAMED:
            super().append(name)


@dataclass
class Changes:
    """One kind of record, by the names that people know. A change names the fields: «DURAND Lina: class_label»."""

    added: Names = field(default_factory=Names)
    changed: Names = field(default_factory=Names)
    ended: Names = field(default_factory=Names)

    @property
    def is_empty(self) -> bool:
        return not (self.added.total or self.changed.total or self.ended.total)


@dataclass
class Plan:
    """All changes of one import of one school."""

    uai: str
    school_year: int
    import_id: str
    pupils: Changes = field(default_factory=Changes)
    responsables: Changes = field(default_factory=Changes)
    links: Changes = field(default_factory=Changes)
    to_confirm: Names = field(default_factory=Names)
    """Adults who seem to have changed one name: «old -> new». Nothing changes for them until it is confirmed."""
    undecided: Names = field(default_factory=Names)
    """Adults who may be one of several known ones: nothing changes for them."""
    conflicts: Names = field(default_factory=Names)
    """Corrections made here that the file overrules: «DURAND Alexis: birth_on»."""
    mobiles: list[MobileChange] = field(default_factory=list)
    newcomers: list[str] = field(default_factory=list)
    """Pupils whom another school had before: their accounts follow."""

    @property
    def is_empty(self) -> bool:
        return self.pupils.is_empty and self.responsables.is_empty and self.links.is_empty

    @property
    def counts(self) -> dict[str, int]:
        kinds = {"pupils": self.pupils, "responsables": self.responsables, "links": self.links}
        acts = ("added", "changed", "ended")
        return {f"{kind}_{act}": getattr(changes, act).total for kind, changes in kinds.items() for act in acts}


class Writer:
    """Writes records into the current transaction, in an order that foreign keys accept."""

    def __init__(self, plan: Plan, progress: Callable[[int], None] = lambda count: None) -> None:
        self.plan = plan
        self._progress = progress
        self._inserts: dict[type[msgspec.Struct], list[Values]] = {kind: [] for kind in RECORDS}
        self._updates: dict[type[msgspec.Struct], list[Values]] = {kind: [] for kind in RECORDS}
        self._touched: dict[tuple[str, str], bytearray] = {}
        self._pieces = 0
        self._waiting = 0

    def insert(self, record: msgspec.Struct) -> None:
        self._inserts[type(record)].append(msgspec.structs.asdict(record))
        self._wait()

    def update(self, record: msgspec.Struct) -> None:
        """Every update holds the whole row, so that one statement serves them all."""
        self._updates[type(record)].append(msgspec.structs.asdict(record))
        self._wait()

    def tell(self, what: str, act: str, name: str, *ids: str) -> None:
        """Count a change under its name, and keep the ids for the audit."""
        getattr(getattr(self.plan, what), act).append(name)
        ids_kept = self._touched.setdefault((what, act), bytearray())
        ids_kept += b"".join(map(bytes.fromhex, ids))
        if len(ids_kept) >= 16 * CHUNK * len(ids):
            self._keep_ids(what, act)

    def flush(self) -> None:
        for kind in RECORDS:
            table = table_of(kind)
            if rows := self._inserts[kind]:
                db.session.execute(insert(table), rows)
                rows.clear()
            if rows := self._updates[kind]:
                _update(table, rows)
                rows.clear()
        self._progress(self._waiting)
        self._waiting = 0

    def close(self) -> None:
        """Write what waits."""
        self.flush()
        for what, act in list(self._touched):
            self._keep_ids(what, act)
        db.session.flush()  # Corrections that ended here: expiring would forget them.
        db.session.expire_all()

    def _wait(self) -> None:
        self._waiting += 1
        if self._waiting >= CHUNK:
            self.flush()

    def _keep_ids(self, what: str, act: str) -> None:
        ids = bytes(self._touched.pop((what, act)))
        row = {"import_id": self.plan.import_id, "number": self._pieces, "what": what, "act": act, "ids": ids}
        db.session.execute(insert(ImportRows), [row])
        self._pieces += 1


def _update(table: Table, rows: list[Values]) -> None:
    keys = [column.name for column in table.primary_key]
    others = [name for name in rows[0] if name not in keys]
    statement = (
        update(table)
        .where(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
        .values({name: bindparam(f"new_{name}") for name in others})
    )
    parameters = [
        {f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in others} for row in rows
    ]
    db.session.connection().execute(statement, parameters)


def changed_fields(old: msgspec.Struct, new: msgspec.Struct) -> list[str]:
    """The fields of `new` that differ in `old`."""
    return [name for name in new.__struct_fields__ if getattr(old, name) != getattr(new, name)]
