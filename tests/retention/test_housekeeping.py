"""What has had its time goes; what is alive is never touched."""

import datetime as dt
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from idp import limits
from idp.accounts import links, sessions
from idp.accounts.letters.models import Letter
from idp.accounts.links import MailLink
from idp.accounts.models import Account, LoginAttempts, Session
from idp.audit import AuditEntry, record
from idp.audit.sealing import Sealer
from idp.cli.housekeeping import command
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.flows.retention.housekeeping import CHORES, Housekeeper
from idp.grants.models import Grant
from idp.provider import keys
from idp.registry.models import Responsable, School
from idp.relying_parties.models import Client
from idp.staff import invitations
from idp.staff.models import StaffAccount, StaffInvitation
from tests.conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES
KINDS = (Flow, MailLink, Session, LoginAttempts, Grant, Message, Letter, limits.Counter, StaffInvitation)


@pytest.fixture
def keeper(database, settings):
    keys.generate(Path(settings.keys.directory))
    return Housekeeper(settings, threading.Event())


def add_one_of_each(settings, now, name):
    """One row of everything that ends one day, for one account."""
    account = Account(identifiant=name, family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now)
    db.session.add(account)
    adult = Responsable(uai="0590001A", family_name="DURANT", family_key="durant")
    db.session.add(adult)
    db.session.flush()
    flows.start("login", "browser")
    links.make(account, "validate_email", address="v@example.org", life=dt.timedelta(days=7))
    sessions.open(account, settings.sessions)
    db.session.add(LoginAttempts(target=f"account:{account.id}", failures=1, first_at=now, next_at=now))
    grant = Grant(id=name, client_id="cantine", account_id=account.id, scope="openid", offline=True)
    grant.created_at, grant.ends_at = now, now + dt.timedelta(days=30)
    letter = Letter(account_id=account.id, responsable_id=adult.id, uai="0590001A", printed_at=now)
    letter.ends_at = now + dt.timedelta(days=92)
    db.session.add_all([grant, letter])
    outbox.queue("mail", "v@example.org", {"text": "x"}, purpose="test")
    db.session.flush()
    (taken,) = outbox.take(["mail"], batch=1, lease_seconds=60)
    outbox.mark_sent(taken, "")
    limits.hit(name, limit=5, window_seconds=3600)
    record("login.succeeded", account_id=account.id)
    colleague = StaffAccount(login=name, name="Mme Lefebvre", role="administrator", created_at=now)
    db.session.add(colleague)
    db.session.flush()
    invitations.make(colleague, "account", settings.staff, by="cli")
    db.session.commit()


@pytest.fixture
def school(database, clock):
    now = clock()
    db.session.add(School(uai="0590001A", name="École Roger Salengro"))
    db.session.add(Client(client_id="cantine", client_name="Cantine", metadata_={}, created_at=now, updated_at=now))
    db.session.commit()


def counts():
    return {kind.__name__: db.session.scalar(select(func.count()).select_from(kind)) for kind in KINDS}


def test_everything_goes_when_its_time_has_passed_and_the_newer_stays(keeper, school, settings, clock):
    add_one_of_each(settings, clock(), "old")
    Sealer(settings.keys.directory, threading.Event()).seal_all()
    clock.advance(days=92 + 366)
    add_one_of_each(settings, clock(), "new")

    done = keeper.clean()

    assert set(counts().values()) == {1}, counts()
    assert done["audit_lines"] > 0
    assert db.session.scalars(select(AuditEntry.account_id)).all() != []
    assert db.session.scalar(select(func.count()).select_from(Account)) == 2


def test_what_is_alive_is_not_touched(keeper, school, settings, clock):
    add_one_of_each(settings, clock(), "alive")
    before = counts()

    for hours in (1, 10, 24 * 3):
        clock.advance(hours=hours)
        keeper.clean()

    assert counts()["Grant"] == before["Grant"]
    assert counts()["MailLink"] == before["MailLink"]
    assert counts()["Letter"] == before["Letter"]
    assert db.session.get_one(Grant, "alive").revoked_at is None


def test_a_message_that_waits_is_never_deleted(keeper, school, clock):
    waiting = outbox.queue("mail", "v@example.org", {"text": "x"}, purpose="test")
    db.session.commit()
    clock.advance(days=400)

    keeper.clean()

    assert db.session.get(Message, waiting.id) is not None


def test_batches_go_on_until_nothing_is_left(database, school, settings, clock, monkeypatch):
    import msgspec

    small = msgspec.structs.replace(settings, retention=msgspec.structs.replace(settings.retention, batch=2))
    for number in range(5):
        flows.start("login", f"browser{number}")
    db.session.commit()
    clock.advance(days=3)
    monkeypatch.delitem(CHORES, "audit_lines")

    assert Housekeeper(small, threading.Event()).clean()["flows"] == 5


def test_one_worker_at_a_time_cleans_up(keeper, school, settings, clock):
    other = Housekeeper(settings, threading.Event())

    assert keeper.run_once()
    assert other.run_once() == {}
    clock.advance(hours=1)
    assert other.run_once()


def test_a_chore_that_fails_leaves_the_others_to_be_done(database, settings, school, clock):
    """No key of the audit log: the rest is done all the same, and the log raises an alarm."""
    flows.start("login", "browser")
    record("login.succeeded")
    db.session.commit()
    clock.advance(days=3)

    assert Housekeeper(settings, threading.Event()).clean()["flows"] == 1


def test_a_chore_that_breaks_in_an_unforeseen_way_leaves_them_to_be_done_too(keeper, school, clock, monkeypatch):
    flows.start("login", "browser")
    db.session.commit()
    clock.advance(days=3)
    monkeypatch.setattr("idp.flows.retention.housekeeping.CHORES", {"broken": lambda settings: 1 // 0, **CHORES})

    assert keeper.clean()["flows"] == 1


def test_the_command_tells_what_went(keeper, school, settings, clock):
    flows.start("login", "browser")
    db.session.commit()
    clock.advance(days=3)

    result = CliRunner().invoke(command, ["--walk"], obj=settings)

    assert result.exit_code == 0, result.output
    assert "flows: 1\nDone." in result.stdout
