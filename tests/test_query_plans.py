"""No statement of the hot path grows with its table: the plan of each goes by an index, on both databases."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, make_url

from idp import clock, limits
from idp.accounts import login, search, sessions
from idp.accounts.errors import WrongCredentials
from idp.db import db
from idp.db.hot import HotPath
from idp.delivery import outbox
from idp.flows import ends
from idp.flows import service as flows
from idp.provider import statements
from idp.settings import Settings
from idp.staff.borders import within
from idp.staff.models import StaffAccount
from tests.conftest import BOTH_DATABASES

NO_TABLE = re.compile(r"SCAN (CONSTANT ROW|\d+ CONSTANT ROWS|json_each|\(subquery-\d+\)|\w+ VIRTUAL TABLE)")
"""What SQLite calls a scan and is none of a stored table."""


def sqlite_scans(file: str, sql: str) -> list[str]:
    """The steps of SQLite's plan that read a table whole."""
    parameters = dict.fromkeys(re.findall(r":(\w+)", sql))
    with sqlite3.connect(file) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
    return [row[3] for row in rows if row[3].startswith("SCAN") and not NO_TABLE.match(row[3])]


def postgresql_scans(url: str, sql: str) -> list[str]:
    """The nodes of PostgreSQL's generic plan that read a table whole, or an index without a condition."""
    names: dict[str, str] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda match: names.setdefault(match[1], f"${len(names) + 1}"), sql)
    with psycopg.connect(url) as connection:
        connection.execute("SET enable_seqscan = off")
        explained = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {numbered}".encode()).fetchone()
    assert explained
    plans = explained[0] if isinstance(explained[0], list) else orjson.loads(explained[0])
    return [_told(node) for node in _nodes(plans[0]["Plan"]) if _reads_all(node)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _nodes(inner)


def _reads_all(node: dict[str, Any]) -> bool:
    kind = node["Node Type"]
    return kind == "Seq Scan" or ("Index" in kind and "Scan" in kind and "Index Cond" not in node)


def _told(node: dict[str, Any]) -> str:
    return f"{node['Node Type']} {node.get('Relation Name', node.get('Index Name', ''))}"


Scans = Callable[[str], list[str]]


@pytest.fixture
def scans(app: Flask, settings: Settings) -> Scans:
    """What a statement would read whole in the tests' database."""
    url = make_url(settings.database.url)
    if url.get_backend_name() == "sqlite":
        return lambda sql: sqlite_scans(str(url.database), sql)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda sql: postgresql_scans(address, sql)


@BOTH_DATABASES
def test_every_statement_of_the_protocol_is_served_by_an_index(app: Flask, scans: Scans) -> None:
    provider = app.extensions["idp"].provider
    written = {
        **vars(statements.compiled(provider.hot.compile)),
        **vars(login.compiled(provider.hot.compile)),
        **{f"flow: {name}": sql for name, sql in vars(ends.compiled(provider.hot.compile)).items()},
        **vars(limits.compiled(provider.hot.compile)),
        "origin": provider.origins._sql,
        "resource server": provider.resource_servers._sql,
    }

    found = {name: scans(sql) for name, sql in written.items()}

    assert len(written) > 20
    assert {name: read for name, read in found.items() if read} == {}


def ask_for_everything_of_a_login(hot: HotPath, settings: Settings) -> None:
    """A parent's login, what each page asks before it is shown, and the worker that takes its message."""
    flows.find("nothing", "browser")
    sessions.find("nothing", settings.sessions)
    limits.hit("login:total", limit=3, window_seconds=60)
    db.session.commit()
    with pytest.raises(WrongCredentials):
        login.verify("v.durant1", "wrong", "192.0.2.1", hot, settings)
    outbox.queue("sms", "+33639981234", {"text": "x"}, purpose="code", expires_at=clock.now())
    outbox.expire()
    outbox.take(("sms", "mail"), batch=5, lease_seconds=60)
    db.session.flush()


@BOTH_DATABASES
def test_every_statement_of_a_login_is_served_by_an_index(database: Flask, settings: Settings, scans: Scans) -> None:
    hot = database.extensions["idp"].hot

    found = {sql: scans(sql) for sql in statements_of(lambda: ask_for_everything_of_a_login(hot, settings))}

    assert len(found) > 5
    assert {sql: read for sql, read in found.items() if read} == {}


def statements_of(work: Callable[[], object]) -> list[str]:
    """What the work asks of the database, each parameter with a name."""
    asked: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, sql: str, *_rest: object) -> None:
        asked.append(sql)

    work()
    db.session.commit()
    event.remove(db.engine, "before_cursor_execute", note)
    whole = [sql for sql in asked if sql.partition(" ")[0] in ("SELECT", "UPDATE", "DELETE", "INSERT")]
    return [re.sub(r"(?<!\w)\?", ":v", sql) for sql in whole]


@BOTH_DATABASES
@pytest.mark.parametrize(
    "typed", ["v.durant1", "v.durant", "durant", "durant valery", "06 39 98 12 34", "2026-418-207-553"]
)
def test_support_finds_an_account_by_an_index(database: Flask, scans: Scans, typed: str) -> None:
    """Whatever it is searched by, among fifteen million (docs/decisions/0012-search.md).

    A mail address is in tests/accounts/test_search.py: its plan on PostgreSQL depends on what is typed.
    """
    agent = StaffAccount(role="support", academie="Lille")

    found = {sql: scans(sql) for sql in statements_of(lambda: search.find(typed, lambda uai: within(agent, uai)))}

    assert found
    assert {sql: read for sql, read in found.items() if read} == {}


def test_a_scan_is_recognised(database: Flask, scans: Scans) -> None:
    assert scans("SELECT * FROM accounts WHERE first_name = 'x'") == ["SCAN accounts"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_scan_is_recognised_on_postgresql(database: Flask, scans: Scans) -> None:
    assert scans("SELECT * FROM accounts WHERE first_name = 'x'") == ["Seq Scan accounts"]
