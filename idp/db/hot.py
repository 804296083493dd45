"""Statements of the hot path: written in SQLAlchemy Core, compiled once, run on the driver's own cursor.

One autocommit connection a thread, one statement a transaction (PERFORMANCE rules 7 to 9). Values go in and come out
as the driver has them: text, integers (instants are milliseconds), bytes.
"""

import datetime as dt
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

import psycopg
from sqlalchemy import Executable, bindparam, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement

from idp.clock import to_milliseconds
from idp.db import conflicts
from idp.db.engine import WAIT_SECONDS, apply_pragmas
from idp.settings import Database

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]
Compile = Callable[[Executable], str]
Statement = tuple[str, Parameters]
"""Compiled, with its values."""


class Duplicate(Exception):
    """The statement met a unique key: somebody was first."""


class HotPath(Protocol):
    """Runs compiled statements."""

    @staticmethod
    def compile(statement: Executable) -> str:
        """The statement's SQL for this database, with named parameters."""

    def read(self, sql: str, parameters: Parameters) -> Row | None:
        """The first row, or None."""

    def write(self, sql: str, parameters: Parameters) -> Row | None:
        """Run one statement durably; its RETURNING row, or None when it has none or touched nothing.

        Raises Duplicate when a unique key refuses it.
        """

    def together(self, statements: Sequence[Statement]) -> Row | None:
        """Run statements in one transaction, durably, and give the RETURNING row of the first.

        The first one decides: where it touches nothing, nothing is written, and the answer is None. Raises Duplicate.
        """

    def close(self) -> None:
        """End the connections and the writer."""


def value(name: str) -> Any:
    """A parameter of a statement; the prefix keeps it apart from the column's own name."""
    return bindparam("v_" + name)


def places(names: Iterable[str]) -> dict[str, Any]:
    """What an insert writes into these columns: a parameter each."""
    return {name: value(name) for name in names}


def values(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as what goes into those parameters."""
    return {f"v_{k}": to_milliseconds(v) if isinstance(v, dt.datetime) else v for k, v in row.items()}


def _all_or_none(statements: Sequence[Statement], execute: Callable[[str, Parameters], Row | None]) -> Row | None:
    """Execute them in the transaction that is open, the others only where the first one gives a row."""
    (sql, parameters), *others = statements
    row = execute(sql, parameters)
    if row is not None:
        for sql, parameters in others:
            execute(sql, parameters)
    return row


def open_hot_path(settings: Database) -> HotPath:
    """The hot path to the configured database."""
    if make_url(settings.url).get_backend_name() == "sqlite":
        return SqliteHotPath(settings)
    return PostgresqlHotPath(settings)


class SqliteHotPath:
    """SQLite: a connection a thread to read; writes one at a time, with group commit where each commit is a sync."""

    def __init__(self, settings: Database) -> None:
        self._settings = settings
        self._path = make_url(settings.url).database or ":memory:"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self._writer = GroupCommit(self._connect()) if settings.synchronous == "FULL" else None

    @staticmethod
    def compile(statement: Executable) -> str:
        assert isinstance(statement, ClauseElement)
        return str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))

    def read(self, sql: str, parameters: Parameters) -> Row | None:
        row: Row | None = self._connection().execute(sql, parameters).fetchone()
        return row

    def write(self, sql: str, parameters: Parameters) -> Row | None:
        if self._writer is not None:
            return self._writer.run(((sql, parameters),))
        with self._lock:
            return _execute(self._connection(), sql, parameters)

    def together(self, statements: Sequence[Statement]) -> Row | None:
        if self._writer is not None:
            return self._writer.run(statements)
        with self._lock:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = _all_or_none(statements, partial(_execute, connection))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return row

    def close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
        for connection in self._connections:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        apply_pragmas(connection, self._settings)
        self._connections.append(connection)
        return connection


def _execute(connection: sqlite3.Connection, sql: str, parameters: Parameters) -> Row | None:
    try:
        rows: list[Row] = connection.execute(sql, parameters).fetchall()
    except sqlite3.IntegrityError as error:
        raise Duplicate from error
    return rows[0] if rows else None


class GroupCommit:
    """One thread that takes all statements that wait, runs them in one transaction and answers each caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: queue.SimpleQueue[tuple[Sequence[Statement], Future[Row | None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="group-commit", daemon=True)
        self._thread.start()

    def run(self, statements: Sequence[Statement]) -> Row | None:
        """All of them or none, as `HotPath.together` says."""
        answer: Future[Row | None] = Future()
        self._waiting.put((statements, answer))
        return answer.result()

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            callers = [item for item in batch if item is not None]
            if callers:
                self._commit(callers)
            if None in batch:
                return

    def _commit(self, callers: list[tuple[Sequence[Statement], Future[Row | None]]]) -> None:
        """Whatever goes wrong is told to the callers: the thread lives on, and nobody waits for ever."""
        outcomes: list[tuple[Future[Row | None], Row | None, Exception | None]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for statements, answer in callers:
                try:
                    outcomes.append((answer, self._execute(statements), None))
                except Exception as error:
                    outcomes.append((answer, None, error))
            self._connection.execute("COMMIT")
        except Exception as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            outcomes = [(answer, None, error) for _, answer in callers]
        for answer, row, failure in outcomes:
            if failure is None:
                answer.set_result(row)
            else:
                answer.set_exception(failure)

    def _execute(self, statements: Sequence[Statement]) -> Row | None:
        """One caller's statements: those before the one that fails are undone, without the other callers'."""
        execute = partial(_execute, self._connection)
        if len(statements) == 1:
            return execute(*statements[0])
        self._connection.execute("SAVEPOINT caller")
        try:
            return _all_or_none(statements, execute)
        except BaseException:
            self._connection.execute("ROLLBACK TO caller")
            raise
        finally:
            self._connection.execute("RELEASE caller")


class PostgresqlHotPath:
    """PostgreSQL: an autocommit connection a thread, statements prepared by the driver; the server groups commits."""

    def __init__(self, settings: Database) -> None:
        url = make_url(settings.url)
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._local = threading.local()
        self._connections: list[psycopg.Connection[Row]] = []

    @staticmethod
    def compile(statement: Executable) -> str:
        assert isinstance(statement, ClauseElement)
        return str(statement.compile(dialect=postgresql.dialect(paramstyle="pyformat")))  # type: ignore[no-untyped-call]

    def read(self, sql: str, parameters: Parameters) -> Row | None:
        try:
            return self._run(sql, parameters)
        except psycopg.OperationalError:
            self._forget()
            return self._run(sql, parameters)

    def write(self, sql: str, parameters: Parameters) -> Row | None:
        return self._once(lambda: self._run(sql, parameters))

    def together(self, statements: Sequence[Statement]) -> Row | None:
        def send() -> Row | None:
            with self._connection().transaction():
                return _all_or_none(statements, self._execute)

        return self._once(lambda: conflicts.again(send))

    def _once(self, send: Callable[[], Row | None]) -> Row | None:
        try:
            return send()
        except psycopg.errors.UniqueViolation as error:
            raise Duplicate from error
        except psycopg.OperationalError:
            # The server may have committed before the connection broke: the caller's request fails, nothing is redone.
            self._forget()
            raise

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _run(self, sql: str, parameters: Parameters) -> Row | None:
        """The statement is a transaction of its own, so one that lost against another is simply sent again."""

        return conflicts.again(lambda: self._execute(sql, parameters))

    def _execute(self, sql: str, parameters: Parameters) -> Row | None:
        cursor = self._connection().execute(sql.encode(), parameters, prepare=True)
        return cursor.fetchone() if cursor.description else None

    def _connection(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = self._local.connection = psycopg.connect(self._conninfo, autocommit=True)
            self._connections.append(connection)
        return connection

    def _forget(self) -> None:
        connection: psycopg.Connection[Row] | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._connections.remove(connection)
        self._local.connection = None
