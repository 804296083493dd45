"""Another mobile for the account: one that a school holds, with a code sent to it. ATTACKS 86, 95."""

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.db import db
from idp.registry.models import Responsable

PAGE = "/compte/mobile"
NUMBER = "+33639985678"


@pytest.fixture
def owner(parent, clock, app):
    """Valéry DURANT, logged in, with a confirmed address; her school has got a new number of hers."""
    parent.until_end()
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        account.email, account.email_verified_at = "valery@example.org", clock.instant
        db.session.commit()
    school_holds(app, NUMBER)
    return parent


def school_holds(app, number):
    with app.app_context():
        db.session.scalars(select(Responsable)).one().mobile = number
        db.session.commit()


def mobile(app):
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        return account.mobile if account.mobile_verified_at else None


def chooses(person, place="0"):
    person.opens(PAGE)
    return person.sends(PAGE, numero=place)


def test_the_number_that_the_school_holds_is_taken_after_its_code(owner, app):
    chooses(owner)
    assert owner.sees("06 •• •• •• 78")

    owner.sends(owner.path, code=owner.last_code())

    assert owner.path == "/compte"
    assert owner.sees("Votre numéro de mobile est enregistré.")
    assert mobile(app) == NUMBER
    assert "06 •• •• •• 78" in owner.mails("valery@example.org")[-1]["text"]


def test_the_old_number_stays_until_the_code_is_typed(owner, app):
    chooses(owner)

    assert mobile(app) == "+33639981234"


def test_a_wrong_code_changes_nothing(owner, app):
    chooses(owner)
    code = owner.last_code()

    owner.sends(owner.path, code=f"{(int(code) + 1) % 1_000_000:06}")

    assert owner.sees("Le code saisi est incorrect.")
    assert mobile(app) == "+33639981234"


@pytest.mark.parametrize("place", ["", "1", "-1", "x", "+33639990000", "９", "999999999999"])
def test_no_other_number_can_be_asked_for(owner, place):
    before = len(owner.sms())

    chooses(owner, place)

    assert owner.sees("Choisissez un numéro.")
    assert len(owner.sms()) == before


def test_without_another_number_the_page_sends_to_the_school(owner, app):
    school_holds(app, "+33639981234")

    assert owner.opens(PAGE).sees("Donnez votre nouveau numéro à l’école.")


@pytest.mark.parametrize("number", ["+32470123456", "+33320123456", "+33899123456"])
def test_a_foreign_premium_or_fixed_number_of_the_registry_is_not_offered(owner, app, number):
    school_holds(app, number)

    assert owner.opens(PAGE).sees("Donnez votre nouveau numéro à l’école.")


def test_a_number_that_the_school_took_back_meanwhile_is_not_taken(owner, app):
    chooses(owner)
    school_holds(app, "+33639981234")

    owner.sends(owner.path, code=owner.last_code())

    assert owner.path == PAGE
    assert mobile(app) == "+33639981234"


def test_a_login_that_is_old_must_be_made_anew(owner, clock):
    clock.advance(minutes=11)

    assert owner.opens(PAGE).sees("login-form")


def test_the_change_of_another_browser_is_not_found(owner, another_browser):
    chooses(owner)
    path = owner.path

    another_browser.logs_in().opens(path)

    assert another_browser.path == PAGE


def test_a_new_code_waits_sixty_seconds(owner, clock):
    chooses(owner)
    path = owner.path

    owner.sends(f"{path}/renvoyer")
    assert owner.sees("Attendez avant de demander un nouveau code.")
    clock.advance(seconds=61)
    owner.opens(path)
    owner.sends(f"{path}/renvoyer")

    assert owner.sees("Un nouveau code est parti.")
