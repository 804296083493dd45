"""ATTACKS 136: a restored backup must not revive what was used, revoked or given since."""

import pytest
from sqlalchemy import select

from idp.accounts import identifiant
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.flows import restoration
from idp.flows.errors import ReasonMissing
from tests.conftest import BOTH_DATABASES
from tests.endpoints.conftest import answer_of


def restore(app, **options):
    """What the command does once the backup is back."""
    with app.app_context():
        ended = restoration.make_safe("disk of 14/01", "cli:root", **{"given_since": 100, **options})
        db.session.commit()
    return ended


@BOTH_DATABASES
def test_refresh_tokens_and_sessions_of_the_backup_are_dead(portal, app):
    portal.log_in()
    tokens = portal.redeem(portal.code(scope="openid offline_access")).json

    ended = restore(app)

    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert answer_of(portal.authorize(prompt="none"))["error"] == "login_required"
    assert (ended["refresh tokens"], ended["sessions"]) == (1, 1)


def test_a_journey_begun_before_begins_anew(portal, app):
    location = portal.authorize().location
    restore(app)

    page = portal.browser.get(location, follow_redirects=True)

    assert page.status_code == 200
    assert page.request.path != location


@BOTH_DATABASES
def test_no_identifiant_is_given_a_second_time(app):
    with app.app_context():
        assert identifiant.reserve("Valéry", "Durant") == "v.durant1"
        db.session.commit()

    restore(app, given_since=100)

    with app.app_context():
        given = [identifiant.reserve(*name) for name in (("Valéry", "Durant"), ("Valéry", "Durant"), ("Paul", "Petit"))]
    assert given == ["v.durant102", "v.durant103", "p.petit101"]


def test_a_second_restoration_leaves_a_second_gap(app):
    for _backup in range(2):
        restore(app, given_since=100)

    with app.app_context():
        assert identifiant.reserve("Valéry", "Durant") == "v.durant202"


def test_waiting_messages_are_shown_to_a_person_and_not_sent_again(app):
    with app.app_context():
        outbox.queue("sms", "+33639981234", {"text": "code"}, purpose="code")
        db.session.commit()

    restore(app)

    with app.app_context():
        assert outbox.take(["sms"], batch=10, lease_seconds=60) == []
        assert db.session.scalars(select(Message.state)).all() == ["dead"]


def test_it_is_written_down_with_its_reason(app):
    restore(app)

    with app.app_context():
        line = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "database.restored")).one()
        assert (line.actor, line.ids["reason"]) == ("cli:root", "disk of 14/01")


def test_without_a_reason_nothing_is_done(app):
    with app.app_context(), pytest.raises(ReasonMissing):
        restoration.make_safe(" ", "cli:root", given_since=1)
