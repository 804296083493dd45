"""What is taken from a client while it is being used: it ends, whichever of the two comes first."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from idp.db import db
from idp.db.hot import Parameters, PostgresqlHotPath, Row
from idp.grants import sign_out
from tests.conftest import BOTH_DATABASES
from tests.db.test_conflicts import ON_POSTGRESQL
from tests.endpoints.conftest import RelyingParty

OFFLINE = "openid profile offline_access"
Act = Callable[[str], object]
SIGNING_OUT = pytest.mark.parametrize(
    "sign_out_of_all",
    [sign_out.end_sessions, lambda account_id: sign_out.end_all([account_id])],
    ids=["one account", "many accounts"],
)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Somebody else, at the same time."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def until_it_waits(started: Future[object]) -> None:
    """Until what was started is over, or waits for another transaction; only PostgreSQL tells that."""
    with db.engine.connect() as connection:
        while connection.dialect.name == "postgresql" and not started.done():
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
            wait([started], timeout=0.01)


@BOTH_DATABASES
@SIGNING_OUT
def test_a_code_redeemed_while_everything_is_signed_out_is_worth_nothing(
    app: Flask, portal: RelyingParty, beside: ThreadPoolExecutor, sign_out_of_all: Act
) -> None:
    """ATTACKS 71: also for offline use."""
    portal.log_in()
    code = portal.code(scope=OFFLINE)

    with app.app_context():
        sign_out_of_all(portal.account_id)
        redeemed = beside.submit(portal.redeem, code)
        until_it_waits(redeemed)
        db.session.commit()

    assert redeemed.result().json["error"] == "invalid_grant"


@ON_POSTGRESQL
@SIGNING_OUT
def test_a_sign_out_ends_a_grant_that_was_just_being_made(
    app: Flask,
    portal: RelyingParty,
    beside: ThreadPoolExecutor,
    sign_out_of_all: Act,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ATTACKS 71"""
    portal.log_in()
    code = portal.code(scope=OFFLINE)
    made, execute = threading.Event(), PostgresqlHotPath._execute
    signed_out: Future[object] = Future()

    def execute_slowly(path: PostgresqlHotPath, sql: str, parameters: Parameters) -> Row | None:
        if not sql.startswith("INSERT INTO grants"):
            return execute(path, sql, parameters)
        with path._connection().transaction():
            row = execute(path, sql, parameters)
            made.set()
            with app.app_context():
                until_it_waits(signed_out)
        return row

    monkeypatch.setattr(PostgresqlHotPath, "_execute", execute_slowly)
    redeemed: Future[TestResponse] = beside.submit(portal.redeem, code)
    assert made.wait(30)
    with app.app_context():
        sign_out_of_all(portal.account_id)
        db.session.commit()
    signed_out.set_result(None)
    monkeypatch.undo()

    tokens = redeemed.result().json
    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
