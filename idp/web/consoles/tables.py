"""Tables that page and sort by keyset: a page costs the same on the last of 100,000 rows as on the first.

The place of a page is the sorted value and the key of a row at its edge (`apres`, `avant`), never a number of rows to
leave out. The database compares both at once, so an index on (sorted column, key) serves the whole query.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, Select, func, literal, select, tuple_

from idp.clock import from_milliseconds, to_milliseconds
from idp.db import db
from idp.db.types import UtcInstant

COUNTED = 10_000
"""Rows that are counted at most: past it the caption says «more than»."""
LONGEST_CURSOR = 600
FETCHED = 1000


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    """In the address: `tri=name`, or `tri=-name` for the other direction."""
    title: Callable[[], str]
    text: Callable[[Any], str]
    """What a row says there, as plain text; the export's cell."""
    sort: Any = None
    """A column or expression that is never NULL, with the table's key in an index; None: not to sort by."""


@dataclass(frozen=True)
class Sorting:
    """A column's head: its title, the address's value that sorts by it, and the direction when it is sorted by."""

    title: str
    value: str
    direction: str


@dataclass(frozen=True)
class Page:
    """The rows of one page and the ways to its neighbours."""

    rows: Sequence[Any]
    heads: Sequence[Sorting]
    count: int
    """How many rows there are in all, at most COUNTED + 1."""
    order: str
    before: str
    after: str

    @property
    def more_than_counted(self) -> bool:
        return self.count > COUNTED


@dataclass(frozen=True)
class Table:
    """What a table shows of the rows of a query, and how they may be sorted: first by the first sortable column."""

    key: Any
    """A unique column, which parts equal values."""
    columns: Sequence[Column]
    size: int = 25

    def page(self, query: Select[*tuple[Any, ...]], arguments: Mapping[str, str]) -> Page:
        """The page of `query` that the address asks for; what cannot be read there is the first page."""
        column, descending = self._order(arguments.get("tri", ""))
        back = "avant" in arguments
        place = _read(arguments.get("avant" if back else "apres", ""), (column.sort, self.key))
        back = back and place is not None
        rows = list(db.session.execute(self._ordered(query, column, descending != back, place).limit(self.size + 1)))
        more, rows = len(rows) > self.size, rows[: self.size]
        if back:
            rows.reverse()
        has_before, has_after = (more, True) if back else (place is not None, more)
        return Page(
            rows=rows,
            heads=[self._head(one, column, descending) for one in self.columns],
            count=self._count(query),
            order=("-" if descending else "") + column.name,
            before=_write(rows[0]) if has_before and rows else "",
            after=_write(rows[-1]) if has_after and rows else "",
        )

    def all(self, query: Select[*tuple[Any, ...]], arguments: Mapping[str, str]) -> Iterator[Any]:
        """Every row, in the order that the address asks for, a thousand at a time: for an export.

        The query begins with the first row that is taken: after the commit of what was audited.
        """
        column, descending = self._order(arguments.get("tri", ""))
        ordered = self._ordered(query, column, descending, None).execution_options(yield_per=FETCHED)
        yield from db.session.execute(ordered)

    def _order(self, text: str) -> tuple[Column, bool]:
        sortable = [column for column in self.columns if column.sort is not None]
        found = next((column for column in sortable if column.name == text.removeprefix("-")), None)
        return (sortable[0], False) if found is None else (found, text.startswith("-"))

    def _ordered(
        self, query: Select[*tuple[Any, ...]], column: Column, descending: bool, place: tuple[Any, Any] | None
    ) -> Select[*tuple[Any, ...]]:
        keys = (column.sort, self.key)
        query = query.add_columns(column.sort.label("table_sort"), self.key.label("table_key"))
        if place is not None:
            edge = tuple_(*(literal(value, type_=key.type) for value, key in zip(place, keys, strict=True)))
            query = query.where(tuple_(*keys) < edge if descending else tuple_(*keys) > edge)
        return query.order_by(*(key.desc() if descending else key.asc() for key in keys))

    def _head(self, one: Column, sorted_by: Column, descending: bool) -> Sorting:
        if one.sort is None:
            return Sorting(one.title(), "", "")
        if one is not sorted_by:
            return Sorting(one.title(), one.name, "")
        return Sorting(one.title(), one.name if descending else f"-{one.name}", _direction(descending))

    def _count(self, query: Select[*tuple[Any, ...]]) -> int:
        counted = query.with_only_columns(self.key).order_by(None).limit(COUNTED + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(counted)) or 0


def _direction(descending: bool) -> str:
    return "descending" if descending else "ascending"


def _write(row: Any) -> str:
    """A row's place, for an address."""
    values = [row._mapping["table_sort"], row._mapping["table_key"]]
    plain = [
        to_milliseconds(value)
        if isinstance(value, dt.datetime)
        else value.isoformat()
        if isinstance(value, dt.date)
        else value
        for value in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).rstrip(b"=").decode()


def _read(text: str, keys: tuple[Any, Any]) -> tuple[Any, Any] | None:
    """The place that an address tells, as the columns' values; None when it is none of ours."""
    if not text or len(text) > LONGEST_CURSOR:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        first, second = (_value(value, key.type) for value, key in zip(plain, keys, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return first, second


def _value(plain: Any, kind: Any) -> Any:
    if isinstance(kind, UtcInstant):
        return from_milliseconds(int(plain))
    if isinstance(kind, Date):
        return dt.date.fromisoformat(plain)
    if not isinstance(plain, kind.python_type) or "\x00" in str(plain):
        raise ValueError("another type")
    if isinstance(plain, int) and abs(plain) >= 2**63:
        raise ValueError("no number of the database")
    if isinstance(plain, str):
        plain.encode()  # A lone surrogate is no text of the database.
    return plain
