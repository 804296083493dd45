"""«Ajouter des enfants depuis un autre compte». Source: parents' guide, «Comment regrouper vos comptes ?»."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account, AccountResponsable
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.registry.models import Link, Responsable, School
from tests.journeys.conftest import add_child, add_responsable
from tests.journeys.merger import OTHER_PASSWORD, SEARCH, ZOE, Merger, add_account, children_of, state_of


@pytest.fixture
def merger(app, clock, family):
    merger = Merger(app)
    merger.until_end()
    return merger


@pytest.fixture
def other(app, merger):
    return add_account(app, email="valery@example.org")


def test_the_children_of_the_other_account_come_to_this_one(merger, other, app):
    """«Vous devez cliquer sur le bouton "Ajouter" pour regrouper votre (vos) enfant(s) au compte principal.»"""
    merger.searches()
    assert merger.sees("DURAND Zoé")
    assert merger.sees("Le compte v.durant2 sera fermé.")

    merger.adds()

    assert merger.path == "/compte/enfants"
    assert merger.sees("Les comptes sont regroupés.")
    for name in ("Alexis", "Camille", "Zoé"):
        assert merger.sees(f"DURAND {name}")
    assert children_of(app, "v.durant2") == []


def test_the_login_of_the_other_account_says_where_it_went(merger, other, another_browser):
    merger.merges()

    another_browser.logs_in(other, OTHER_PASSWORD)

    assert another_browser.sees("Ce compte est regroupé avec le compte v.durant1.")
    assert not another_browser.opens("/compte").sees("Mes enfants")


def test_where_it_went_is_told_only_to_who_knows_its_password(merger, other, another_browser):
    merger.merges()

    another_browser.logs_in(other, "notthisone1")

    assert not another_browser.sees("v.durant1.")


def test_sessions_of_the_other_account_end(merger, other, another_browser):
    """ATTACKS 71."""
    another_browser.logs_in(other, OTHER_PASSWORD)

    merger.merges()

    assert another_browser.opens("/compte").sees("login-form")
    assert merger.opens("/compte").sees("v.durant1")


def test_both_owners_addresses_are_told(merger, other, app):
    with app.app_context():
        db.session.execute(update(Account).where(Account.identifiant == "v.durant1").values(email="v1@example.org"))
        db.session.commit()

    merger.merges()

    with app.app_context():
        mails = db.session.scalars(select(Message).where(Message.purpose == "account_merged")).all()
        assert sorted(mail.recipient for mail in mails) == ["v1@example.org", "valery@example.org"]
        for mail in mails:
            assert "v.durant2" in mail.content["text"]
            assert "14 février 2026" in mail.content["text"]
            assert "Zoé" not in mail.content["text"]


def test_one_address_of_both_accounts_is_told_once(merger, other, app):
    with app.app_context():
        db.session.execute(update(Account).values(email="Valery@example.org"))
        db.session.commit()

    merger.merges()

    with app.app_context():
        assert len(db.session.scalars(select(Message).where(Message.purpose == "account_merged")).all()) == 1


def test_the_act_is_in_the_history_of_both(merger, other, app):
    merger.merges()

    with app.app_context():
        entries = {e.event: e.ids for e in db.session.scalars(select(AuditEntry)) if "merge" in e.event}
        assert set(entries) == {"account.merged", "account.closed_by_merge"}
        assert entries["account.merged"]["responsables"] == 1


def test_an_old_login_is_asked_for_the_password_first(merger, other, clock):
    """ATTACKS 101: a fresh login here, beside the other password."""
    clock.advance(minutes=16)

    merger.opens(SEARCH)

    assert merger.sees("Écrivez encore une fois votre mot de passe.")
    assert merger.sees('value="v.durant1"')
    merger.sends(merger.path, identifiant="v.durant1", mot_de_passe="chevalbleu7")
    assert merger.path == SEARCH


def test_an_old_login_cannot_send_the_form_either(merger, other, clock, app):
    """ATTACKS 101."""
    merger.opens(SEARCH)
    clock.advance(minutes=16)

    merger.sends(SEARCH, identifiant=other, mot_de_passe=OTHER_PASSWORD)

    assert merger.sees("login-form")
    assert state_of(app, other) == "active"


def test_wrong_passwords_count_as_wrong_logins(merger, other, another_browser):
    """ATTACKS 101: rate-limited as a login, on the same count."""
    for _try in range(3):
        merger.searches(password="notthisone1")
        assert merger.sees("L’identifiant ou le mot de passe est incorrect.")

    assert merger.searches().sees("Attendez un peu avant de réessayer.")
    assert another_browser.logs_in(other, OTHER_PASSWORD).sees("Attendez un peu avant de réessayer.")


def test_the_form_of_another_site_merges_nothing(merger, other, app):
    """ATTACKS 73, 101: merge by CSRF."""
    merger.searches()
    path = merger.path

    answer = merger.browser.post(path + "/ajouter", data={"csrf_token": "0" * 64})

    assert answer.status_code == 400
    assert state_of(app, other) == "active"


def test_another_session_cannot_finish_the_merge(merger, other, another_browser, app):
    """ATTACKS 80, 101, 104: the confirmation link sent to somebody else is worth nothing."""
    merger.searches()
    path = merger.path
    another_browser.logs_in(other, OTHER_PASSWORD)

    assert another_browser.opens(path).page.status_code == 404
    another_browser.opens("/compte/enfants/ajouter")
    assert another_browser.sends(path + "/ajouter").page.status_code == 404
    assert state_of(app, other) == "active"


def test_a_second_person_in_the_same_browser_cannot_finish_the_merge(merger, other, app):
    """ATTACKS 70, 80: the proof belongs to the session that made it."""
    add_account(app, first_name="Paul", child="Inès", uai="0590004D")
    merger.searches()
    path = merger.path
    merger.logs_in("p.durant1", OTHER_PASSWORD)

    assert merger.opens(path).page.status_code == 404


def test_an_account_is_not_merged_with_itself(merger):
    assert merger.searches("V.durant1", "chevalbleu7").sees("C’est le compte que vous utilisez maintenant.")


def test_two_people_are_not_merged(merger, app):
    add_account(app, first_name="Paul")

    merger.searches("p.durant1")

    assert merger.sees("Les deux comptes ne sont pas au nom de la même personne.")
    assert state_of(app, "p.durant1") == "active"


@pytest.mark.parametrize("spelling", ["VALERY", "valéry", " Valèry "])
def test_a_name_is_compared_folded(merger, app, spelling):
    add_account(app, first_name=spelling)

    assert merger.searches().sees("Le compte v.durant2 sera fermé.")


def test_a_usage_name_that_one_school_takes_for_the_birth_name_is_the_same_person(merger, other, app):
    with app.app_context():
        values = {"family_name": "Martin", "usage_name": "Durant"}
        db.session.execute(update(Account).where(Account.identifiant == other).values(**values))
        db.session.commit()

    assert merger.searches().sees("Le compte v.durant2 sera fermé.")


def test_a_suspended_account_is_not_merged(merger, app):
    add_account(app, state="suspended")

    assert merger.searches().sees("Ces comptes ne peuvent pas être regroupés maintenant.")


def test_an_account_without_children_has_nothing_to_add(merger, other, app, clock):
    with app.app_context():
        db.session.execute(update(Responsable).where(Responsable.uai == "0590002B").values(ended_at=clock.instant))
        db.session.commit()

    assert merger.searches().sees("Ce compte n’a aucun enfant à ajouter.")


def test_an_account_that_was_merged_already_says_so(merger, other):
    merger.merges()

    assert merger.searches().sees("Ce compte est déjà regroupé avec le vôtre.")


@pytest.mark.parametrize("state", ["notified", "pending_email"])
def test_an_account_never_activated_asks_for_the_childrens_dates(merger, app, state):
    """ATTACKS 101: a found letter is not enough."""
    add_account(app, state=state)
    merger.searches()
    assert merger.sees("Confirmation des dates de naissance des enfants")
    path = merger.path
    assert not merger.sees("ajout-form")

    merger.sends(path + "/ajouter")
    assert state_of(app, "v.durant2") == state

    merger.opens(path)
    assert merger.sends(path + "/dates", **merger.typed_dates(ZOE)).sees("DURAND Zoé")
    assert merger.adds().sees("Les comptes sont regroupés.")
    assert state_of(app, "v.durant2") == "merged"


def test_a_letter_that_is_too_old_merges_nothing(merger, app, clock):
    """ATTACKS 102: what the login page refuses, this page refuses too."""
    add_account(app, state="notified")
    clock.advance(days=91)
    merger.logs_in()

    assert merger.searches().sees("Cette lettre ne marche plus.")
    assert state_of(app, "v.durant2") == "notified"


def test_five_wrong_dates_bar_the_responsable(merger, app):
    """ATTACKS 85, 101."""
    add_account(app, state="notified")
    merger.searches()
    path = merger.path
    wrong, right = merger.typed_dates({"Zoé": dt.date(2019, 1, 1)}), merger.typed_dates(ZOE)

    for left in (4, 3, 2, 1):
        assert merger.sends(path + "/dates", **wrong).sees("La date de naissance saisie est incorrecte")
        assert merger.sees(f"Il vous reste {left} essai")
    assert merger.sends(path + "/dates", **wrong).sees("Trop d’essais.")

    assert merger.sends(path + "/dates", **right).sees("Trop d’essais.")
    assert state_of(app, "v.durant2") == "notified"


def test_an_account_whose_children_left_half_way_costs_no_try(merger, app, clock):
    add_account(app, state="notified")
    merger.searches()
    path = merger.path
    with app.app_context():
        db.session.execute(update(Link).values(ended_at=clock.instant))
        db.session.commit()

    for _try in range(5):
        merger.sends(path + "/dates")

    assert merger.sees("Ce compte n’a aucun enfant à ajouter.")
    assert not merger.sees("Trop d’essais.")


def test_a_double_click_merges_once(merger, other, app):
    merger.searches()
    path, token = merger.path, merger.token()

    answers = [merger.browser.post(path + "/ajouter", data={"csrf_token": token}) for _click in (1, 2)]

    assert [answer.location for answer in answers] == ["/compte/enfants?ajoutes=1"] * 2
    with app.app_context():
        assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.event == "account.merged")).all()) == 1


def test_a_new_password_of_the_other_account_ends_the_proof(merger, other, app):
    """ATTACKS 80, 101: the owner who takes the account back meanwhile keeps it."""
    merger.searches()
    with app.app_context():
        db.session.execute(update(Account).where(Account.identifiant == other).values(password_hash="new"))
        db.session.commit()

    merger.adds()

    assert merger.path == SEARCH
    assert state_of(app, other) == "active"


def test_a_suspension_meanwhile_stops_the_merge(merger, other, app):
    merger.searches()
    with app.app_context():
        db.session.execute(update(Account).where(Account.identifiant == other).values(state="suspended"))
        db.session.commit()

    merger.adds()

    assert merger.sees("Ces comptes ne peuvent pas être regroupés maintenant.")
    assert state_of(app, other) == "suspended"


def test_a_child_that_arrives_meanwhile_is_shown_before_it_is_added(merger, other, app):
    merger.searches()
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.identifiant == other)).one()
        db.session.add(School(uai="0590003C", name="École Jules Ferry"))
        db.session.flush()
        responsable = add_responsable("0590003C")
        add_child(responsable, "Inès", dt.date(2020, 1, 9))
        db.session.add(AccountResponsable(responsable_id=responsable.id, account_id=account.id))
        db.session.commit()

    merger.adds()

    assert merger.sees("La liste des enfants vient de changer.")
    assert merger.sees("DURAND Inès")
    assert merger.adds().sees("Les comptes sont regroupés.")


def test_fields_that_are_not_on_the_form_change_nothing(merger, other, app):
    """ATTACKS 103: mass assignment."""
    merger.searches()
    path = merger.path

    merger.sends(path + "/ajouter", kept="x", other="x", state="active", account_id="x", responsables="x")

    assert state_of(app, other) == "merged"
    assert children_of(app, "v.durant1") == ["Alexis", "Camille", "Zoé"]
