"""Links sent by mail: one use, one purpose, one address, and dead as soon as the account changes."""

import datetime as dt
import threading

import pytest
from sqlalchemy import text

from idp import clock as time
from idp.accounts import links
from idp.accounts.errors import LinkExpired
from idp.accounts.models import Account
from idp.db import db
from tests.conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES
LIFE = dt.timedelta(minutes=30)


@pytest.fixture
def account(database, clock):
    now = time.now()
    row = Account(identifiant="v.durant1", family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now)
    row.password_hash = "old"
    db.session.add(row)
    db.session.commit()
    return row


def make(account, purpose="reset_password", **options):
    token = links.make(account, purpose, life=LIFE, **options)
    db.session.commit()
    return token


def test_a_link_works_once(account):
    """ATTACKS 91."""
    token = make(account)

    assert links.use(token, "reset_password").account_id == account.id
    with pytest.raises(LinkExpired):
        links.use(token, "reset_password")


def test_looking_at_a_link_uses_nothing_up(account):
    """ATTACKS 74."""
    token = make(account)

    assert links.find(token, "reset_password")
    assert links.find(token, "reset_password")
    assert links.use(token, "reset_password")


def test_a_link_of_one_purpose_serves_no_other(account):
    """ATTACKS 80."""
    token = make(account, "validate_email", address="v@example.org")

    assert links.find(token, "reset_password") is None
    assert links.use(token, "validate_email").address == "v@example.org"


def test_a_link_ends_in_time(account, clock):
    token = make(account)
    clock.advance(minutes=30)

    assert links.find(token, "reset_password") is None


def test_a_new_link_kills_the_older_one(account):
    """ATTACKS 91."""
    old, new = make(account), make(account)

    assert links.find(old, "reset_password") is None
    assert links.find(new, "reset_password")


@pytest.mark.parametrize("change", [{"password_hash": "new"}, {"state": "suspended"}, {"state": "merged"}])
def test_a_link_dies_with_a_change_of_the_account(account, change):
    """ATTACKS 91, 96."""
    token = make(account)
    for name, value in change.items():
        setattr(account, name, value)
    db.session.commit()

    assert links.find(token, "reset_password") is None
    with pytest.raises(LinkExpired):
        links.use(token, "reset_password")


def test_neither_a_new_password_nor_a_new_change_takes_the_owners_way_back(account):
    token = make(account, "not_me", address="old@example.org")
    account.password_hash = "of the thief"
    make(account, "not_me", address="thief@example.org")
    links.kill(account.id)
    db.session.commit()

    assert links.use(token, "not_me").address == "old@example.org"


def test_kill_ends_the_links_of_the_purposes_named(account):
    reset, validation = make(account), make(account, "validate_email")
    links.kill(account.id, "reset_password")

    assert links.find(reset, "reset_password") is None
    assert links.find(validation, "validate_email")


def test_a_pending_change_is_found(account):
    assert links.pending(account.id, "change_email") is None

    make(account, "change_email", address="new@example.org")

    assert links.pending(account.id, "change_email").address == "new@example.org"


def test_the_table_holds_no_token(account):
    token = make(account)

    stored = db.session.execute(text("SELECT digest FROM mail_links")).scalar_one()

    assert token.encode() not in bytes(stored)


def test_two_clicks_at_once_get_it_once(account, app):
    """ATTACKS 82."""
    token = make(account)
    outcomes = []

    def click():
        with app.app_context():
            try:
                links.use(token, "reset_password")
                db.session.commit()
                outcomes.append("used")
            except LinkExpired:
                db.session.rollback()
                outcomes.append("expired")

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["expired"] * 5 + ["used"]
