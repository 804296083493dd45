"""The hot path's statements: one statement decides, on every way of writing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from idp.clock import to_milliseconds
from idp.db.hot import Duplicate, HotPath, open_hot_path
from idp.relying_parties.models import Client
from idp.settings import Settings

clients = Client.__table__


@pytest.fixture(params=["FULL", "NORMAL"])
def hot(request: pytest.FixtureRequest, app: Flask, settings: Settings) -> Iterator[HotPath]:
    path = open_hot_path(msgspec.structs.replace(settings.database, synchronous=request.param))
    yield path
    path.close()


def add(hot: HotPath, name: str) -> None:
    from sqlalchemy import bindparam

    columns = ("client_id", "client_name", "metadata", "secret_method", "scope", "first_party", "birth_dates_allowed")
    names = (*columns, "created_at", "updated_at")
    sql = hot.compile(insert(clients).values({column: bindparam(column) for column in names}))
    row = dict.fromkeys(names, "x") | {"client_id": name, "first_party": 0, "birth_dates_allowed": 0}
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


def test_an_instant_keeps_its_milliseconds(clock: object) -> None:
    import datetime as dt

    from idp.clock import from_milliseconds

    instant = dt.datetime(2026, 1, 15, 17, 42, 1, 234000, tzinfo=dt.UTC)

    assert from_milliseconds(to_milliseconds(instant)) == instant
