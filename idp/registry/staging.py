"""The rows of school files while they are compared with the registry: on disk, in a private database of their own.

SQLite keeps it in a nameless temporary file, which vanishes with the process whatever happens; its cache has a fixed
size. So memory stays flat, whether a file holds one class or a whole académie.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from idp.registry import names
from idp.registry.defects import Defect, Severity
from idp.registry.records import KeyedLink, PersonRow, PupilRow

Item = TypeVar("Item")
Row = tuple[Any, ...]
CHUNK = 1000
_CACHE_KIB = 24_000
_SCHEMA = """
CREATE TABLE pupil (place INTEGER PRIMARY KEY, file INTEGER, family TEXT, usage TEXT, first TEXT, birth TEXT, ine TEXT,
    key TEXT, present INTEGER, row BLOB, id TEXT);
CREATE INDEX pupil_names ON pupil (file, family, first);
CREATE INDEX pupil_key ON pupil (file, key) WHERE key IS NOT NULL;
CREATE INDEX pupil_ine ON pupil (file, ine) WHERE ine IS NOT NULL;
CREATE TABLE person (place INTEGER PRIMARY KEY, file INTEGER, family TEXT, first TEXT, key TEXT, address TEXT, row BLOB,
    id TEXT);
CREATE INDEX person_names ON person (file, family, first);
CREATE INDEX person_key ON person (file, key) WHERE key IS NOT NULL;
CREATE TABLE address (file INTEGER, key TEXT, row BLOB);
CREATE INDEX address_key ON address (file, key);
CREATE TABLE link (place INTEGER PRIMARY KEY, file INTEGER, pupil TEXT, person TEXT, kind TEXT, row BLOB);
CREATE INDEX link_person ON link (file, person);
CREATE TABLE class (file INTEGER, key TEXT, code TEXT);
CREATE INDEX class_key ON class (file, key);
CREATE TABLE seen (file INTEGER, what TEXT, key TEXT, line INTEGER);
CREATE INDEX seen_key ON seen (file, what, key);
CREATE TABLE spared (file INTEGER, what TEXT, family TEXT, first TEXT, ine TEXT, key TEXT);
CREATE TABLE question (kind TEXT, key TEXT, place INTEGER, facts BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE INDEX question_place ON question (place);
CREATE TABLE school (uai TEXT PRIMARY KEY, pupil_file INTEGER) WITHOUT ROWID;
CREATE TABLE defect (place INTEGER PRIMARY KEY, file INTEGER, line INTEGER, severity TEXT, row BLOB);
"""
_pack = msgspec.msgpack.Encoder().encode


class Unpacker:
    """Reads back what `Staging` packed, one decoder a type."""

    def __init__(self) -> None:
        self._decoders: dict[type, msgspec.msgpack.Decoder[Any]] = {}

    def __call__(self, content: bytes, kind: type[Item]) -> Item:
        decoder = self._decoders.get(kind)
        if decoder is None:
            decoder = self._decoders[kind] = msgspec.msgpack.Decoder(kind)
        value: Item = decoder.decode(content)
        return value


unpack = Unpacker()
pack = _pack


class Staging:
    """The files' rows. Every row names its file by a number; close it, or use it with `with`."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN")  # Never ended: what does not fit the cache goes to the temporary file.
        self._waiting: dict[str, list[Row]] = {}
        self._next_place = 1
        self._places: dict[tuple[str, int], tuple[int, int]] = {}
        """Before the first and at the last place of each file's rows, by table."""

    def __enter__(self) -> "Staging":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Run one statement, after the rows that wait."""
        self.flush()
        return self._connection.execute(sql, values)

    def script(self, sql: str) -> None:
        """Run several statements: another module's tables."""
        for statement in filter(str.strip, sql.split(";")):
            self._connection.execute(statement)

    def first(self, sql: str, *values: object) -> Row | None:
        """The first row, or None."""
        row: Row | None = self.execute(sql, *values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[Row]:
        """All rows: for small answers only."""
        return self.execute(sql, *values).fetchall()

    def count(self, sql: str, *values: object) -> int:
        """The number that a query gives."""
        row = self.first(sql, *values)
        return int(row[0] or 0) if row else 0

    def walk(self, table: str, file: int, columns: str, *values: object, where: str = "TRUE") -> Iterator[Row]:
        """A file's rows in their order, the place first; a thousand at a time, so that others may write meanwhile.

        The rows of one file have places that follow one another, so no row of another file is looked at.
        """
        self.flush()
        last, end = self._places.get((table, file), (0, 0))
        query = (
            f"SELECT {table}.place, {columns} FROM {table} WHERE ({where})"  # noqa: S608 - our words
            f" AND {table}.place > ? AND {table}.place <= ? ORDER BY {table}.place LIMIT {CHUNK}"
        )
        while rows := self.execute(query, *values, last, end).fetchall():
            yield from rows
            last = rows[-1][0]

    def insert(self, table: str, *values: object) -> None:
        """Add a row; rows are written a thousand at a time."""
        waiting = self._waiting.setdefault(table, [])
        waiting.append(values)
        if len(waiting) >= CHUNK:
            self.flush(table)

    def flush(self, *tables: str) -> None:
        """Write the rows that wait."""
        for table in tables or tuple(self._waiting):
            if rows := self._waiting.get(table):
                marks = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our tables
                rows.clear()

    def _place(self, table: str, file: int) -> int:
        """The next place of the table, which becomes the last of the file."""
        place = self._next_place
        self._next_place += 1
        first, _ = self._places.get((table, file), (place - 1, place))
        self._places[table, file] = (first, place)
        return place

    def add_pupil(self, file: int, row: PupilRow) -> None:
        family, first, birth_on = row.identity
        usage, birth = names.key(row.usage_name), birth_on.isoformat()
        keys = (family, usage, first, birth, row.ine, row.school_key)
        self.insert("pupil", self._place("pupil", file), file, *keys, int(row.is_present), _pack(row), None)

    def add_person(self, file: int, row: PersonRow, address_key: str | None = None) -> None:
        family, first = row.identity
        self.insert(
            "person", self._place("person", file), file, family, first, row.school_key, address_key, _pack(row), None
        )

    def add_link(self, file: int, row: KeyedLink) -> None:
        self.insert("link", self._place("link", file), file, row.pupil_key, row.person_key, row.kind, _pack(row))

    def spare(
        self, file: int, what: str, *, family: str = "", first: str = "", ine: str | None = None, key: str | None = None
    ) -> None:
        """Remember whom a line left out spoke of: nothing ends for them.

        `what` is pupil or person; or family, an adult of whom no child was found.
        """
        self.insert("spared", file, what, names.key(family), names.key(first), ine, key)

    def is_leaving(self, uai: str, ine: str | None, family: str, first: str, birth: str) -> bool:
        """Whether another school of this batch brings a file of its pupils that no longer has this one."""
        found = self.first("SELECT pupil_file FROM school WHERE uai = ?", uai)
        if found is None or found[0] is None:
            return False
        query = (
            "SELECT 1 FROM pupil WHERE file = ?1 AND present = 1"
            " AND (ine = ?2 OR (family = ?3 AND first = ?4 AND birth = ?5))"
        )
        return self.first(query, found[0], ine, family, first, birth) is None

    def report(self, file: int, defect: Defect) -> None:
        self.insert("defect", None, file, defect.line or 0, defect.severity, _pack(defect))

    def defects(self, files: Sequence[int]) -> Iterator[Defect]:
        """The defects of these files, in the order of their lines."""
        for number in files:
            query = "SELECT row FROM defect WHERE file = ? ORDER BY line, place"
            for (content,) in self.execute(query, number):
                yield unpack(content, Defect)

    def defect_counts(self, files: Sequence[int]) -> dict[Severity, int]:
        """How many defects of each severity these files have."""
        found: dict[Severity, int] = {}
        for number in files:
            for severity, count in self.all("SELECT severity, count(*) FROM defect WHERE file = ? GROUP BY 1", number):
                found[Severity(severity)] = found.get(Severity(severity), 0) + int(count)
        return found
