"""A transaction that lost against another is done again: LIBRARIES, «distributed engines answer 40001»."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from idp.accounts.models import Account
from idp.db import conflicts, db
from idp.db.hot import HotPath, open_hot_path
from idp.flows import self_registration
from idp.settings import Settings
from tests.journeys.conftest import another_browser, family, parent  # noqa: F401

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Lost(Exception):
    """What the driver raises for a transaction that lost."""

    sqlstate = "40001"


def loses(times: int, act):
    """`act`, once it has lost so many times."""
    left = [times]

    def attempt(*arguments, **named):
        if left[0]:
            left[0] -= 1
            raise OperationalError("COMMIT", {}, Lost())
        return act(*arguments, **named)

    return attempt


@pytest.fixture
def serializable(app: Flask, settings: Settings) -> Iterator[HotPath]:
    """A database where every transaction is serializable, with one row that all want."""
    with app.app_context():
        name = db.session.execute(text("SELECT current_database()")).scalar_one()
        db.session.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
        db.session.execute(text("CREATE TABLE steps (number integer)"))
        db.session.execute(text("INSERT INTO steps VALUES (0)"))
        db.session.commit()
    path = open_hot_path(settings.database)
    yield path
    path.close()


@ON_POSTGRESQL
def test_no_statement_of_the_hot_path_is_lost_between_serializable_transactions(serializable: HotPath) -> None:
    """A trap of PostgreSQL: 40001 from serializable transactions and distributed engines."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: serializable.write("UPDATE steps SET number = number + 1", {}), range(60)))

    assert serializable.read("SELECT number FROM steps", {}) == (60,)


def test_a_page_is_made_again_and_what_it_does_is_done_once(parent, app, monkeypatch) -> None:
    parent.until_password()
    monkeypatch.setattr(self_registration, "create_account", loses(2, self_registration.create_account))

    parent.chooses()

    assert parent.reaches("terminee")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_a_page_that_loses_every_time_says_to_come_back(parent, app, monkeypatch) -> None:
    parent.until_password()
    monkeypatch.setattr(self_registration, "create_account", loses(100, self_registration.create_account))

    parent.chooses()

    assert parent.page.status_code == 503
    assert parent.page.headers["Retry-After"]
    assert parent.sees("Le service est très demandé")


@pytest.mark.parametrize("error", [psycopg.errors.SerializationFailure(), psycopg.errors.DeadlockDetected()])
def test_conflicts_are_known_by_their_state(error: psycopg.Error) -> None:
    assert conflicts.is_conflict(error)
    assert conflicts.is_conflict(OperationalError("", {}, error))
    assert not conflicts.is_conflict(psycopg.errors.UniqueViolation())


def test_another_error_is_raised_at_once() -> None:
    tries = []

    with pytest.raises(ValueError, match="no"):
        conflicts.again(lambda: tries.append(1) or (_ for _ in ()).throw(ValueError("no")))

    assert len(tries) == 1
