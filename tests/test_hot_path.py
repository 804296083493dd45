"""The hot path's statements: one statement decides, on every way of writing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select, update

from idp.db.hot import Duplicate, HotPath, open_hot_path
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
