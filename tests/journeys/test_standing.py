"""What staff decide about an account: suspended, in use again, unlocked."""

import datetime as dt

import pytest
from sqlalchemy import select

from idp.accounts import links
from idp.accounts.errors import LinkExpired
from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.flows import standing
from idp.flows.errors import NotSuspendable, NotSuspended, ReasonMissing
from idp.grants.models import Grant
from idp.relying_parties.models import Client
from tests.conftest import BOTH_DATABASES

EMAIL = "valery@example.org"


@pytest.fixture
def account(parent, app, clock):
    """Valéry DURANT, logged in, with a service that may come for her data at any time, and an address that is hers."""
    parent.until_end()
    parent.sends(f"/inscription/{parent.flow_id}/terminee")
    with app.app_context():
        row = db.session.scalars(select(Account)).one()
        row.email, row.email_verified_at = EMAIL, clock()
        now = clock()
        db.session.add(Client(client_id="cantine", client_name="Cantine", metadata_={}, created_at=now, updated_at=now))
        db.session.flush()
        session = db.session.scalars(select(Session)).one()
        grant = Grant(id="g1", client_id="cantine", account_id=row.id, session_id=session.public_id, scope="openid")
        grant.offline, grant.created_at, grant.ends_at = True, now, now.replace(year=now.year + 1)
        db.session.add(grant)
        db.session.commit()
        yield row
        db.session.rollback()


def facts(event):
    """What the audit log keeps of the event, and who did it."""
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.event == event)).one()
    return {**entry.ids, "by": entry.actor}


@BOTH_DATABASES
def test_a_suspension_ends_sessions_tokens_and_links_at_once(account, parent):
    """ATTACKS 71, 38."""
    token = links.make(account, "validate_email", address=EMAIL, life=dt.timedelta(days=1))

    standing.suspend(account, "ticket 41", "agent-7")
    db.session.commit()

    assert db.session.scalars(select(Session)).all() == []
    assert db.session.get_one(Grant, "g1").revoked_at is not None
    with pytest.raises(LinkExpired):
        links.use(token, "validate_email")
    assert parent.opens("/compte").sees("Se connecter")
    assert parent.logs_in().sees("Ce compte est suspendu.")


def test_why_and_who_are_in_the_audit_log(account):
    standing.suspend(account, " ticket 41 ", "agent-7")
    standing.resume(account, "ticket 42", "agent-8")

    assert facts("account.suspended") == {"reason": "ticket 41", "by": "agent-7"}
    assert facts("account.resumed") == {"reason": "ticket 42", "by": "agent-8"}


def test_the_owner_is_told_of_both(account, parent):
    standing.suspend(account, "ticket 41", "agent-7")
    standing.resume(account, "ticket 41", "agent-7")
    db.session.commit()

    told = parent.mails(EMAIL)

    assert ["suspendu" in mail["subject"] for mail in told] == [True, False]
    assert "Contactez l’assistance" in told[0]["text"]
    assert "comme avant" in told[1]["text"]
    assert "ticket" not in told[0]["text"]


@pytest.mark.parametrize("state", ["active", "notified", "pending_email"])
def test_an_account_becomes_again_what_it_was(account, state):
    """A letter that was never used does not become an active account by a suspension and its end."""
    account.state = state
    db.session.commit()

    standing.suspend(account, "ticket 41", "agent-7")
    standing.resume(account, "ticket 41", "agent-7")

    assert (account.state, account.suspended_from) == (state, None)


def test_what_ended_stays_ended(account, parent):
    standing.suspend(account, "ticket 41", "agent-7")
    standing.resume(account, "ticket 41", "agent-7")
    db.session.commit()

    assert db.session.get_one(Grant, "g1").revoked_at is not None
    assert parent.opens("/compte").sees("Se connecter")
    assert parent.logs_in().sees("Vous êtes connecté")


@pytest.mark.parametrize("state", ["merged", "suspended", "erased"])
def test_a_closed_account_is_not_suspended(account, state):
    account.state = state
    db.session.commit()

    with pytest.raises(NotSuspendable) as refusal:
        standing.suspend(account, "ticket 41", "agent-7")

    assert refusal.value.state == state


def test_only_a_suspended_account_is_resumed(account):
    with pytest.raises(NotSuspended):
        standing.resume(account, "ticket 41", "agent-7")


def test_no_decision_without_a_reason(account):
    with pytest.raises(ReasonMissing):
        standing.suspend(account, "  ", "agent-7")

    assert account.state == "active"


def test_a_lock_is_lifted(account, parent, clock):
    """ATTACKS 83."""
    for _try in range(10):
        clock.advance(seconds=64)
        parent.logs_in(password="notthisone1")
    assert parent.logs_in().sees("Trop d’essais.")

    standing.unlock(account, "agent-7")
    db.session.commit()

    assert parent.logs_in().sees("Vous êtes connecté")
    assert facts("account.unlocked") == {"reason": "", "by": "agent-7"}
