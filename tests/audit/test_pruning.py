"""Lines are deleted after their time, and the rest is still verified."""

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from idp import audit
from idp import clock as time
from idp.db import db
from tests.audit.conftest import Intruder, Log
from tests.conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES


@pytest.fixture
def old(clock, log: Log) -> Log:
    """The five lines are a year old; two are new."""
    clock.advance(days=365)
    log.tells("login.failed", "login.succeeded")
    log.seal()
    return log


def prune(batch: int = 100) -> int:
    count = audit.prune(time.now() - dt.timedelta(days=30), batch)
    db.session.commit()
    return count


def test_old_lines_go_and_the_rest_is_verified(old: Log) -> None:
    assert prune() == 5
    assert prune() == 0

    assert old.verify() == "verified 6 to 7, 0 wait"


def test_a_batch_may_end_in_the_middle_of_a_seal(old: Log) -> None:
    assert prune(batch=2) == 2

    assert old.verify() == "verified 3 to 7, 0 wait"


def test_the_chain_goes_on_after_all_of_it_was_deleted(old: Log, clock) -> None:
    clock.advance(days=365)
    assert prune() == 7

    old.tells("login.succeeded")
    old.seal()

    assert old.verify() == "verified 8 to 8, 0 wait"


def test_lines_that_are_not_sealed_stay(old: Log, clock) -> None:
    old.tells("login.failed")
    clock.advance(days=365)

    prune()

    assert old.verify() == "verified 8 to 7, 1 wait"


def test_an_anchor_of_somebody_else_is_told(old: Log, intruder: Intruder) -> None:
    """Deleting lines and saying that their time had come needs the key."""
    intruder.runs(
        "INSERT INTO audit_anchors (seq, digest, pruned_at, signature) SELECT seq, digest, at, digest "
        "FROM audit_entries WHERE seq = 3",
        "DELETE FROM audit_entries WHERE seq <= 3",
    )

    assert "the anchor at line 3 is forged" in old.verify()


def test_a_line_changed_after_the_anchor_is_told(old: Log, intruder: Intruder) -> None:
    prune(batch=2)
    intruder.runs("UPDATE audit_entries SET event = 'x' WHERE seq = 3")

    assert "line 3" in old.verify()


def test_the_database_lets_nobody_delete_what_no_anchor_stands_for(old: Log) -> None:
    prune(batch=2)

    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text("DELETE FROM audit_entries WHERE seq = 3"))
