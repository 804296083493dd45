"""What a parent whom the provider does not know lives through with FranceConnect (J4), the real simulator behind."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, update

from idp import clock
from idp.accounts.models import Account
from idp.db import db
from idp.franceconnect.models import LinkedIdentity
from idp.registry.models import Link, Responsable
from tests.conftest import BOTH_DATABASES
from tests.franceconnect.visitor import Visitor, accounts, count


def test_an_unknown_parent_proves_mobile_code_and_dates_and_has_an_account(visitor: Visitor, app: Flask) -> None:
    visitor.presses()
    assert visitor.sees("FranceConnect vous a reconnu : Valéry DURANT")

    visitor.gives_mobile().types_code().types_dates()

    (account,) = accounts(app)
    assert visitor.sees(account.identifiant)
    assert (account.state, account.password_hash, account.email) == ("active", None, "valery.durant@example.org")
    assert account.email_verified_at is None
    assert visitor.is_logged_in


@BOTH_DATABASES
def test_who_answers_for_no_child_any_more_gives_the_mobile_again(visitor: Visitor, app: Flask) -> None:
    visitor.presses().gives_mobile().types_code()
    with app.app_context():
        db.session.execute(update(Link).values(legal_level=3))
        db.session.commit()

    visitor.types_dates()

    assert visitor.path.endswith("/identite")
    assert visitor.sees("L’établissement a changé vos informations pendant votre inscription.")
    assert accounts(app) == []


def test_names_alone_never_link(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 115: without the mobile, the code and the dates nothing is made."""
    visitor.presses()

    visitor.gives_mobile("06 39 98 99 99")

    assert visitor.sees("Aucun responsable ne correspond.")
    assert accounts(app) == []
    assert count(app, LinkedIdentity) == 0


@pytest.mark.parametrize("login", ["paul.mercier", "ibrahima.ndiaye"])
def test_a_wrong_name_and_a_wrong_number_have_one_answer(visitor: Visitor, login: str) -> None:
    visitor.presses(login)

    visitor.gives_mobile()

    assert visitor.sees("Aucun responsable ne correspond.")
    assert visitor.sms() == []


def test_a_gender_that_contradicts_the_register_is_somebody_else(visitor: Visitor, app: Flask) -> None:
    with app.app_context():
        db.session.scalars(select(Responsable)).one().civility = "M."
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile()

    assert visitor.sees("Aucun responsable ne correspond.")


def test_it_is_not_me_closes_the_other_ones_session_at_franceconnect(visitor: Visitor) -> None:
    """A shared computer still holds the other parent's session."""
    visitor.presses("marc.durand")

    form = {"csrf_token": visitor.token(), "choix": "pas-moi"}
    answer = visitor.browser.post(f"/franceconnect/{visitor.flow_id}/identite", data=form)
    page = visitor.person.client.get(answer.location)
    hidden = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page.text))
    back = visitor.person.client.post(answer.location.partition("?")[0] + "/confirm", data=hidden)

    assert back.headers["Location"].startswith("http://127.0.0.1:8000/franceconnect/deconnecte?state=")
    visitor.comes_back(back.headers["Location"].removeprefix("http://127.0.0.1:8000"))
    assert visitor.reaches(visitor.flow_id)
    assert visitor.sees("Se connecter")
    assert not visitor.sees("DURAND")


@pytest.mark.slow
@BOTH_DATABASES
def test_two_tabs_make_one_account(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    tabs = [visitor.presses().gives_mobile().types_code(), another().presses().gives_mobile().types_code()]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Visitor.types_dates, tabs))

    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 1


def test_a_mobile_that_a_school_has_just_changed_gets_no_code_yet(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 123: the delay holds on every way to an account."""
    with app.app_context():
        db.session.scalars(select(Responsable)).one().mobile_changed_at = clock.now()
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile()

    assert visitor.sms() == []
    assert visitor.reaches("identite")


def test_a_foreign_mobile_gets_no_code(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 86: no SMS leaves for a country that the settings do not name."""
    with app.app_context():
        db.session.scalars(select(Responsable)).one().mobile = "+32470123456"
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile("+32 470 12 34 56")

    assert visitor.sms() == []
    assert visitor.sees("Aucun responsable ne correspond.")


def test_who_comes_second_to_the_same_responsable_is_told(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another browser made the account between our look and our insert: the database decides, and a page says so."""
    visitor.presses().gives_mobile().types_code()
    another().until_end()
    monkeypatch.setattr("idp.flows.franceconnect.accounts.holders", lambda ids: [])

    visitor.types_dates()

    assert visitor.sees("Un compte existe déjà")
    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 0


def test_the_upstreams_address_neither_finds_nor_proves_anything(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    """ATTACKS 97, 114: the account that has this address, verified, is neither found by it nor linked."""
    another().until_end()
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        account.email, account.email_verified_at = "valery.durant@example.org", clock.now()
        db.session.commit()

    visitor.presses()

    assert visitor.path.endswith("/identite")
    assert not visitor.is_logged_in
    assert count(app, LinkedIdentity) == 0
