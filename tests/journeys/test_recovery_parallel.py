"""Recovery when several requests come at the same instant, on both databases."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.accounts import links
from idp.accounts.models import Account
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.flows.desk import Desk
from tests.conftest import BOTH_DATABASES
from tests.journeys.at_once import at_once, twin
from tests.journeys.conftest import Parent
from tests.journeys.forgetful import loses_password

ADDRESS = "valery@example.org"
DONE = "Votre nouveau mot de passe est enregistré."
DEAD = "Ce lien ne marche plus"
PASSWORDS = ("tulipes59", "jonquille7", "pivoines31", "anemones62")


@pytest.fixture
def owner(parent, app, clock):
    parent.until_end()
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        account.email, account.email_verified_at = ADDRESS, clock.instant
        db.session.commit()
    clock.advance(hours=2)
    return parent


def password_that_logs_in(person: Parent, clock: Any, tried: Sequence[str]) -> list[str]:
    right = []
    for password in tried:
        clock.advance(minutes=20)
        if person.logs_in(password=password).sees("Vous êtes connecté"):
            right.append(password)
    return right


@BOTH_DATABASES
def test_a_link_used_by_four_at_once_sets_one_password(owner, app, clock):
    """ATTACKS 91."""
    loses_password(owner)
    link = owner.last_link()
    browsers = [Parent(app).opens(link) for _password in PASSWORDS]

    at_once(
        [
            lambda b=b, p=p: b.sends(b.path, nouveau_mot_de_passe=p, confirmation=p)
            for b, p in zip(browsers, PASSWORDS, strict=True)
        ]
    )

    winners = [p for b, p in zip(browsers, PASSWORDS, strict=True) if b.sees(DONE)]
    assert len(winners) == 1
    assert sum(b.sees(DEAD) for b in browsers) == 3
    assert password_that_logs_in(Parent(app), clock, PASSWORDS) == winners
    assert len(owner.mails()) == 2


@BOTH_DATABASES
def test_a_code_s_proof_used_in_two_tabs_at_once_sets_one_password(owner, app, clock):
    visitor = loses_password(Parent(app), by="sms")
    visitor.sends(visitor.path, code=visitor.last_code())
    tabs = [visitor, twin(visitor)]

    at_once(
        [
            lambda t=t, p=p: t.sends(t.path, nouveau_mot_de_passe=p, confirmation=p)
            for t, p in zip(tabs, PASSWORDS[:2], strict=True)
        ]
    )

    winners = [p for t, p in zip(tabs, PASSWORDS[:2], strict=True) if t.sees(DONE)]
    assert len(winners) == 1
    assert password_that_logs_in(Parent(app), clock, PASSWORDS[:2]) == winners


@BOTH_DATABASES
def test_a_reset_and_a_change_at_once_leave_one_password_and_never_a_crash(owner, app, clock):
    loses_password(owner)
    visitor = Parent(app).opens(owner.last_link())
    owner.logs_in().opens("/compte/mot-de-passe")

    at_once(
        [
            lambda: visitor.sends(visitor.path, nouveau_mot_de_passe=PASSWORDS[0], confirmation=PASSWORDS[0]),
            lambda: owner.sends(
                owner.path,
                mot_de_passe_actuel="chevalbleu7",
                nouveau_mot_de_passe=PASSWORDS[1],
                confirmation=PASSWORDS[1],
            ),
        ]
    )

    assert visitor.page.status_code in (200, 410)
    assert owner.page.status_code in (200, 422)
    assert len(password_that_logs_in(Parent(app), clock, PASSWORDS[:2])) == 1


@BOTH_DATABASES
def test_ten_requests_at_once_send_three_mails_and_leave_one_live_link(owner, app):
    """ATTACKS 87."""
    browsers = [Parent(app).opens("/mot-de-passe-perdu") for _number in range(10)]

    at_once([lambda b=b: b.sends(b.path, identifiant="v.durant1", par="mail") for b in browsers])

    assert all(b.sees("Un courriel est parti") for b in browsers)
    assert len(owner.mails()) == 3
    with app.app_context():
        live = select(func.count()).select_from(links.MailLink).where(links.MailLink.purpose == "reset_password")
        assert db.session.scalar(live) == 1


@BOTH_DATABASES
def test_ten_requests_for_an_sms_at_once_send_three(owner, app):
    """ATTACKS 84, 86."""
    before = len(owner.sms())
    browsers = [Parent(app).opens("/mot-de-passe-perdu") for _number in range(10)]

    at_once([lambda b=b: b.sends(b.path, identifiant="v.durant1", par="sms") for b in browsers])

    assert len(owner.sms()) == before + 3
    assert {b.page.status_code for b in browsers} == {200, 429}


@BOTH_DATABASES
def test_a_new_address_clicked_twice_at_once_is_validated_once(owner, app):
    owner.logs_in().opens("/compte/adresse-mail")
    owner.sends(owner.path, email="v.durant@example.com", email_confirmation="v.durant@example.com")
    link = owner.last_link("v.durant@example.com")
    browsers = [Parent(app).opens(link) for _number in range(3)]

    at_once([lambda b=b: b.sends(b.path) for b in browsers])

    assert sorted(b.page.status_code for b in browsers) == [200, 410, 410]
    with app.app_context():
        assert db.session.scalars(select(Account)).one().email == "v.durant@example.com"


@BOTH_DATABASES
def test_the_worker_s_desk_may_do_a_row_twice(owner, app):
    """At least once: two mails, and the second link kills the first."""
    loses_password(owner)
    with app.app_context():
        (taken,) = outbox.take([outbox.LATER], batch=10, lease_seconds=60)
        Desk().send(taken)
        Desk().send(taken)
        mails = db.session.scalar(select(func.count()).select_from(Message).where(Message.channel == "mail"))
        live = db.session.scalars(select(links.MailLink).where(links.MailLink.purpose == "reset_password")).all()
        assert (mails, len(live)) == (2, 1)
