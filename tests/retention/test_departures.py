"""Families who left: noticed, warned, erased; nobody else ever is."""

import datetime as dt
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.accounts import service as accounts
from idp.accounts.errors import WrongCredentials
from idp.accounts.login import authenticate
from idp.accounts.merges import Merge
from idp.accounts.models import Account, AccountResponsable, Identifiant
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.flows.retention.housekeeping import Housekeeper
from idp.provider import keys
from idp.registry import names
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School
from tests.conftest import BOTH_DATABASES

EMAIL = "valery@example.org"


@pytest.fixture
def family(database, settings, clock):
    """Valéry DURANT with Alexis at school; her account."""
    keys.generate(Path(settings.keys.directory))
    db.session.add(School(uai="0590001A", name="École Roger Salengro"))
    db.session.flush()
    mother = Responsable(uai="0590001A", civility="Mme", family_name="DURANT", first_name="Valéry")
    mother.family_key, mother.first_key = names.key("DURANT"), names.key("Valéry")
    alexis = Pupil(family_name="DURAND", first_name="Alexis", birth_on=dt.date(2017, 3, 14))
    alexis.family_key, alexis.first_key = names.key("DURAND"), names.key("Alexis")
    db.session.add_all([mother, alexis])
    db.session.flush()
    db.session.add(Enrolment(uai="0590001A", pupil_id=alexis.id, class_label="CE2", school_year=2025))
    db.session.add(Link(responsable_id=mother.id, pupil_id=alexis.id))
    account = accounts.create([mother], password_hash="x", mobile="+33639981234")
    account.email, account.email_verified_at = EMAIL, clock()
    db.session.commit()
    return account


def leaves(clock):
    """The school's next file holds the family no more."""
    for model in (Enrolment, Link, Responsable):
        db.session.execute(update(model).values(ended_at=clock()))
    db.session.commit()


def comes_back():
    for model in (Enrolment, Link, Responsable):
        db.session.execute(update(model).values(ended_at=None))
    db.session.commit()


@pytest.fixture
def days_pass(settings, clock):
    """So many days, with the workers' housekeeping on each tenth."""

    def pass_them(days):
        for _tenth in range(days // 10):
            clock.advance(days=10)
            Housekeeper(settings, threading.Event()).run_once()
        db.session.expire_all()

    return pass_them


def mails():
    return [m.content["subject"] for m in db.session.scalars(select(Message).where(Message.channel == "mail"))]


@BOTH_DATABASES
def test_an_account_without_a_child_is_warned_then_erased(family, clock, days_pass):
    leaves(clock)

    days_pass(330)
    assert (family.state, mails()) == ("active", [])
    days_pass(30)
    assert (family.state, len(mails())) == ("active", 1)
    days_pass(40)

    assert (family.state, family.family_name, family.first_name, family.email, family.mobile) == (
        "erased",
        "",
        "",
        None,
        None,
    )
    assert db.session.scalars(select(AccountResponsable)).all() == []
    assert db.session.scalars(select(Responsable)).all() == []
    assert db.session.scalars(select(Pupil)).all() == []


@BOTH_DATABASES
def test_a_family_with_a_child_at_school_is_never_touched(family, days_pass):
    days_pass(800)

    assert (family.state, family.first_name, family.childless_since) == ("active", "Valéry", None)
    assert db.session.scalars(select(Pupil)).one().first_name == "Alexis"
    assert mails() == []


def test_a_child_who_comes_back_starts_the_time_anew(family, clock, days_pass):
    leaves(clock)
    days_pass(360)
    comes_back()
    days_pass(100)
    assert (family.state, family.childless_since, family.departure_told_at) == ("active", None, None)

    leaves(clock)
    days_pass(330)

    assert family.state == "active"


def test_a_child_who_comes_back_at_the_last_moment_saves_the_account(family, clock, settings, days_pass):
    """Between the weekly walk that noticed the departure and the erasure."""
    leaves(clock)
    days_pass(360)
    comes_back()
    clock.advance(days=40)

    Housekeeper(settings, threading.Event()).clean()

    assert family.state == "active"


def test_identifiant_and_id_are_never_given_again(app, family, clock, days_pass, settings):
    """A service never meets one subject for two people: subjects are made of the account's id."""
    leaves(clock)
    days_pass(410)

    assert family.state == "erased"
    assert "durant" not in family.identifiant
    assert db.session.get(Identifiant, "v.durant1") is not None
    with pytest.raises(WrongCredentials):
        authenticate("v.durant1", "x", "192.0.2.1", app.extensions["idp"].hot, settings)
    assert db.session.scalars(select(AuditEntry.event).where(AuditEntry.event == "account.erased")).all()


def test_accounts_closed_into_it_go_too(family, clock, days_pass):
    now = clock()
    other = Account(identifiant="v.durant2", family_name="DURANT", first_name="Valéry", state="merged")
    other.created_at = other.updated_at = now
    db.session.add(other)
    db.session.flush()
    merge = Merge(kept_id=family.id, merged_id=other.id, merged_state="active", responsable_ids=[])
    merge.merged_at = merge.undoable_until = now
    db.session.add(merge)
    leaves(clock)

    days_pass(410)

    assert (other.state, other.family_name) == ("erased", "")


def test_nobody_is_erased_who_was_not_warned_in_time(family, clock, settings, days_pass):
    """Workers that stood still for two years: the warning comes first, whatever time has passed."""
    leaves(clock)
    days_pass(10)
    clock.advance(days=700)

    Housekeeper(settings, threading.Event()).run_once()
    db.session.expire_all()
    assert (family.state, len(mails())) == ("active", 1)

    days_pass(20)
    assert family.state == "active"
    days_pass(20)
    assert family.state == "erased"
