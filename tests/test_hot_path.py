"""The hot path's statements: one statement decides, on every way of writing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select, update

from idp.db.hot import Duplicate, HotPath, Statement, open_hot_path
from idp.relying_parties.models import Client
from idp.settings import Settings

clients = Client.__table__


WAYS = [("sqlite", "FULL"), ("sqlite", "NORMAL"), ("postgresql", "FULL")]
pytestmark = pytest.mark.parametrize(("database_url", "synchronous"), WAYS, indirect=["database_url"])


@pytest.fixture
def hot(synchronous: str, app: Flask, settings: Settings) -> Iterator[HotPath]:
    path = open_hot_path(msgspec.structs.replace(settings.database, synchronous=synchronous))
    yield path
    path.close()


def add(hot: HotPath, name: str) -> None:
    columns = ("client_id", "client_name", "metadata", "scope", "first_party", "birth_dates_allowed", "reviewed")
    names = (*columns, "created_at", "updated_at")
    sql = hot.compile(insert(clients).values({column: bindparam(column) for column in names}))
    flags = {"first_party": False, "birth_dates_allowed": False, "reviewed": True}
    row = dict.fromkeys(names, "x") | {"client_id": name, **flags}
    hot.write(sql, row | {"created_at": 1, "updated_at": 1, "metadata": "{}"})


def test_a_row_written_is_read_by_another_thread(hot: HotPath) -> None:
    add(hot, "portal")
    sql = hot.compile(select(clients.c.client_name).where(clients.c.client_id == "portal"))
    parameters = {"client_id_1": "portal"}

    with ThreadPoolExecutor(1) as pool:
        row = pool.submit(hot.read, sql, parameters).result()

    assert row == ("x",)


def test_of_many_writers_of_one_key_only_one_succeeds(hot: HotPath) -> None:
    def attempt(_: int) -> bool:
        try:
            add(hot, "portal")
        except Duplicate:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))

    assert outcomes.count(True) == 1


def test_a_conditional_update_gives_its_row_to_one_caller(hot: HotPath) -> None:
    add(hot, "portal")
    statement = update(clients).where(clients.c.client_id == "portal", clients.c.scope == "x")
    sql = hot.compile(statement.values(scope="y").returning(clients.c.scope))

    def attempt(_: int) -> object:
        return hot.write(sql, {"client_id_1": "portal", "scope_1": "x", "scope": "y"})

    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(attempt, range(8)))

    assert [row for row in rows if row] == [("y",)]


def renamed(hot: HotPath, client_id: str, name: str) -> Statement:
    """A statement that names a client anew."""
    statement = update(clients).where(clients.c.client_id == bindparam("v_id")).values(client_name=bindparam("v_name"))
    return hot.compile(statement.returning(clients.c.client_id)), {"v_id": client_id, "v_name": name}


def identified(hot: HotPath, client_id: str, other: str) -> Statement:
    """A statement that gives a client another identifier."""
    statement = update(clients).where(clients.c.client_id == bindparam("v_id")).values(client_id=bindparam("v_other"))
    return hot.compile(statement), {"v_id": client_id, "v_other": other}


def names(hot: HotPath, *client_ids: str) -> list[str]:
    sql = hot.compile(select(clients.c.client_name).where(clients.c.client_id == bindparam("v_id")))
    return [row[0] for row in (hot.read(sql, {"v_id": client_id}) for client_id in client_ids) if row]


def test_statements_together_are_all_written_and_give_the_row_of_the_first(hot: HotPath) -> None:
    add(hot, "portal")
    add(hot, "lsu")

    row = hot.together([renamed(hot, "portal", "Portail"), renamed(hot, "lsu", "Bilans")])

    assert row == ("portal",)
    assert names(hot, "portal", "lsu") == ["Portail", "Bilans"]


def test_nothing_is_written_together_where_the_first_statement_touches_nothing(hot: HotPath) -> None:
    add(hot, "lsu")

    row = hot.together([renamed(hot, "portal", "Portail"), renamed(hot, "lsu", "Bilans")])

    assert row is None
    assert names(hot, "lsu") == ["x"]


def test_what_stands_before_a_refused_statement_is_undone_and_others_go_on(hot: HotPath) -> None:
    add(hot, "portal")
    add(hot, "lsu")

    def refused(_: int) -> bool:
        try:
            hot.together([renamed(hot, "portal", "Portail"), identified(hot, "portal", "lsu")])
        except Duplicate:
            return True
        return False

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(refused, range(4)))
        others = list(pool.map(lambda number: add(hot, f"other{number}"), range(4)))

    assert outcomes == [True] * 4
    assert len(others) == len(names(hot, "other0", "other1", "other2", "other3"))
    assert names(hot, "portal", "lsu") == ["x", "x"]


def test_a_value_that_no_database_takes_fails_alone(hot: HotPath) -> None:
    """The writer of SQLite's group commit outlives it: the next ones are answered."""
    with pytest.raises(UnicodeEncodeError):
        add(hot, "\ud800")

    add(hot, "portal")

    assert hot.read(hot.compile(select(clients.c.client_id)), {}) == ("portal",)
