"""Signing out of everything: what a password change, a remote sign-out, a merge or a suspension ends."""

import pytest
from sqlalchemy import select

from idp import clock as time
from idp.accounts import sessions
from idp.accounts.models import Account, Session
from idp.db import db
from idp.delivery.models import Message
from idp.grants import sign_out
from idp.grants.models import Grant
from idp.relying_parties.models import Client
from idp.settings import Sessions
from tests.conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES


@pytest.fixture
def account(database, clock):
    now = time.now()
    row = Account(identifiant="v.durant1", family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now)
    row.state = "active"
    db.session.add(row)
    for client_id, metadata in (("cantine", {"backchannel_logout_uri": "https://cantine.example/bye"}), ("lsu", {})):
        client = Client(client_id=client_id, client_name=client_id, metadata_=metadata, created_at=now, updated_at=now)
        db.session.add(client)
    db.session.flush()
    return row


def open_session(account):
    return sessions.find(sessions.open(account, Sessions()), Sessions())


def give(account, session, client_id="cantine", *, offline=False):
    now = time.now()
    grant = Grant(id=f"{session.public_id[-8:]}{client_id}{offline}", client_id=client_id, account_id=account.id)
    grant.session_id, grant.scope, grant.offline = session.public_id, "openid", offline
    grant.created_at, grant.ends_at = now, now.replace(year=now.year + 1)
    db.session.add(grant)
    db.session.flush()
    return grant.id


def living():
    return set(db.session.scalars(select(Grant.id).where(Grant.revoked_at.is_(None))))


def test_all_sessions_and_grants_end_but_ones_own(account):
    """ATTACKS 71."""
    mine, other = open_session(account), open_session(account)
    kept = {give(account, mine), give(account, mine, offline=True)}
    give(account, other)
    give(account, other, offline=True)

    assert sign_out.end_sessions(account.id, but=mine.public_id) == 1

    assert living() == kept
    assert list(db.session.scalars(select(Session.public_id))) == [mine.public_id]


def test_without_exception_nothing_stays_alive(account):
    """ATTACKS 71: offline grants and those of sessions that ended before, too."""
    give(account, open_session(account), offline=True)
    give(account, open_session(account))
    db.session.execute(select(Session)).scalars().first()

    assert sign_out.end_sessions(account.id) == 2

    assert living() == set()
    assert db.session.scalar(select(Session)) is None


def test_one_sessions_end_leaves_offline_grants_and_other_sessions(account):
    mine, other = open_session(account), open_session(account)
    give(account, mine)
    kept = {give(account, mine, offline=True), give(account, other)}

    sign_out.end_session(mine)

    assert living() == kept
    assert list(db.session.scalars(select(Session.public_id))) == [other.public_id]


def test_each_client_that_asked_for_it_is_told_once_of_each_session(account):
    first, second = open_session(account), open_session(account)
    give(account, first)
    give(account, first, offline=True)
    give(account, first, "lsu")
    give(account, second)

    sign_out.end_sessions(account.id)

    queued = list(db.session.scalars(select(Message)))
    assert {(message.channel, message.recipient) for message in queued} == {("backchannel", "cantine")}
    assert len(queued) == 2
