"""Sessions: limits and what the database keeps."""

import pytest
from sqlalchemy import select

from idp import clock as time
from idp.accounts import sessions
from idp.accounts.models import Account, Session
from idp.db import db
from idp.settings import Sessions

LIMITS = Sessions(idle_minutes=30, absolute_hours=12)


@pytest.fixture
def account(database, clock):
    now = time.now()
    row = Account(identifiant="v.durant1", family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now)
    row.state = "active"
    db.session.add(row)
    db.session.flush()
    return row


def test_the_database_keeps_only_a_hash_of_the_cookie(account):
    cookie = sessions.open(account, LIMITS)

    assert db.session.scalars(select(Session)).one().id == sessions.digest(cookie)
    assert len(cookie) == 43


def test_an_idle_session_ends(account, clock):
    cookie = sessions.open(account, LIMITS)
    clock.advance(minutes=30)

    assert sessions.find(cookie, LIMITS) is None


def test_a_used_session_ends_at_its_absolute_limit(account, clock):
    cookie = sessions.open(account, LIMITS)
    for _quarter in range(47):
        clock.advance(minutes=15)
        assert sessions.find(cookie, LIMITS) is not None
    clock.advance(minutes=15)

    assert sessions.find(cookie, LIMITS) is None


def test_last_seen_is_written_at_most_once_a_minute(account, clock):
    cookie = sessions.open(account, LIMITS)
    first = db.session.scalars(select(Session)).one().last_seen_at
    clock.advance(seconds=59)
    sessions.find(cookie, LIMITS)
    assert db.session.scalar(select(Session.last_seen_at)) == first
    clock.advance(seconds=1)

    sessions.find(cookie, LIMITS)

    assert db.session.scalar(select(Session.last_seen_at)) > first


def test_the_session_of_a_suspended_account_is_not_found(account):
    cookie = sessions.open(account, LIMITS)
    account.state = "suspended"

    assert sessions.find(cookie, LIMITS) is None


@pytest.mark.parametrize("planted", ["", "x", "é" * 43, "a" * 10_000])
def test_a_planted_cookie_opens_nothing(account, planted):
    assert sessions.find(planted, LIMITS) is None


def test_a_login_over_ones_own_session_goes_on_under_a_new_cookie(account):
    """ATTACKS 69: the old cookie opens nothing; clients keep their `sid`."""
    before = sessions.open(account, LIMITS)
    public_id = sessions.find(before, LIMITS).public_id

    after = sessions.open(account, LIMITS, replaces=before)

    assert sessions.find(before, LIMITS) is None
    assert sessions.find(after, LIMITS).public_id == public_id
