"""One adult, one account, whatever the schools import (docs/decisions/0005)."""

import pytest
from sqlalchemy import select

from idp.accounts.models import Account, AccountResponsable, Session
from idp.accounts.service import create
from idp.db import db
from idp.delivery.models import Message
from idp.registry.models import Responsable

ALREADY = "Un compte ÉduConnect est déjà créé à partir de ces données."


@pytest.fixture
def known(parent, app, clock, add_second_school):
    """Valéry DURANT has an account in use; a collège has imported her since."""
    parent.until_end()
    add_second_school()
    clock.advance(hours=2)
    return parent


def accounts(app) -> list[tuple[str, str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(Account).order_by(Account.id))
        return [(row.identifiant, row.state, len(row.responsables)) for row in rows]


def letter_account(app, state: str) -> None:
    """An account that a letter of her school began."""
    with app.app_context():
        create(list(db.session.scalars(select(Responsable))), password_hash=None, state=state)
        db.session.commit()


def test_a_new_school_joins_the_account_in_use_after_its_proofs(known, another_browser, app):
    another_browser.until_dates().enters_dates()

    assert another_browser.reaches("rattachee")
    assert another_browser.sees("v.durant1")
    assert another_browser.sees("Camille, Alexis")
    assert accounts(app) == [("v.durant1", "active", 2)]


def test_nothing_joins_before_all_proofs(known, another_browser, app):
    another_browser.until_dates()

    assert accounts(app) == [("v.durant1", "active", 1)]


def test_the_proofs_do_not_log_in(known, another_browser, app):
    another_browser.until_dates().enters_dates()

    assert another_browser.opens("/connecte").sees("Vous n’êtes pas connecté")


def test_the_login_goes_on_in_the_same_flow(known, another_browser):
    another_browser.until_dates().enters_dates()
    flow_id = another_browser.flow_id

    another_browser.opens(f"/connexion/{flow_id}")
    another_browser.sends(f"/connexion/{flow_id}", identifiant="v.durant1", mot_de_passe="chevalbleu7")

    assert another_browser.sees("Vous êtes connecté")


def test_a_reload_or_the_back_button_lands_on_the_same_page(known, another_browser):
    another_browser.until_dates()
    page = another_browser.page
    another_browser.enters_dates()
    another_browser.page = page

    assert another_browser.enters_dates().reaches("rattachee")
    assert another_browser.opens(f"/inscription/{another_browser.flow_id}/mot-de-passe").reaches("rattachee")


def test_the_owner_is_told_at_a_confirmed_address_only(known, another_browser, app, clock):
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        account.email, account.email_verified_at = "valery.durant@example.org", clock()
        db.session.commit()

    another_browser.until_dates().enters_dates()

    with app.app_context():
        mail = db.session.scalars(select(Message).where(Message.channel == "mail")).one()
        assert mail.recipient == "valery.durant@example.org"
        assert mail.content["subject"].endswith("des enfants ont été ajoutés à votre compte")


def test_once_joined_the_account_exists_already(known, another_browser):
    another_browser.until_dates().enters_dates()

    another_browser.begins().gives()

    assert another_browser.sees(ALREADY)


def test_a_suspended_account_is_joined_by_nothing(known, another_browser, app):
    with app.app_context():
        db.session.scalars(select(Account)).one().state = "suspended"
        db.session.commit()

    another_browser.begins().gives()

    assert another_browser.sees(ALREADY)
    assert accounts(app) == [("v.durant1", "suspended", 1)]


@pytest.mark.parametrize("state", ["notified", "pending_email"])
def test_sms_finishes_the_account_that_a_letter_began(parent, app, state):
    letter_account(app, state)

    parent.until_end()

    assert parent.sees("v.durant1")
    assert accounts(app) == [("v.durant1", "active", 1)]
    with app.app_context():
        assert db.session.scalars(select(Session)).one().amr == "pwd sms"


def test_a_letter_printed_half_way_is_finished_too(parent, app):
    parent.until_password()
    letter_account(app, "notified")

    parent.chooses()

    assert len(accounts(app)) == 1
    assert accounts(app)[0][1] == "active"


def test_a_school_imported_half_way_is_taken_the_next_time(parent, another_browser, app, clock, add_second_school):
    parent.until_password()
    add_second_school()
    parent.chooses()
    clock.advance(hours=2)

    another_browser.until_dates().enters_dates()

    assert accounts(app) == [("v.durant1", "active", 2)]


def test_an_account_made_in_another_browser_half_way_is_joined(parent, another_browser, app, clock, add_second_school):
    parent.until_dates()
    clock.advance(minutes=2)
    add_second_school()
    another_browser.until_dates()
    parent.enters_dates().chooses()

    another_browser.enters_dates()

    assert another_browser.reaches("rattachee")
    assert accounts(app) == [("v.durant1", "active", 2)]


def test_the_page_of_an_existing_account_leads_to_recovery(parent, another_browser):
    """«with both links and the recovery links» (J2.1)."""
    parent.until_end()

    another_browser.begins().gives()

    for mark in ('id="se-connecter"', 'id="identifiant-oublie"', 'id="mot-de-passe-perdu"'):
        assert another_browser.sees(mark)


def test_every_responsable_is_held_once(known, another_browser, app):
    another_browser.until_dates().enters_dates()

    with app.app_context():
        held = list(db.session.scalars(select(AccountResponsable.responsable_id)))
        assert len(held) == len(set(held)) == 2
