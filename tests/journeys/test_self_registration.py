"""SMS self-registration, screen by screen. Source: parents' guide, «Auto-inscription»."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.registry.models import Responsable
from tests.journeys.at_once import twin
from tests.journeys.conftest import BIRTH_DATES, SUBJECT

WRONG_DATES = {"Alexis": dt.date(2017, 3, 15), "Camille": dt.date(2014, 6, 22), "Zoé": dt.date(2016, 1, 1)}
NO_MATCH = (
    "Les informations saisies ne permettent pas de poursuivre l'auto-inscription par SMS. "
    "Vérifiez les données saisies ou contactez votre établissement scolaire."
)
ALREADY = (
    "Un compte ÉduConnect est déjà créé à partir de ces données. "
    "Vous pouvez vous connecter avec FranceConnect ou vos identifiants ÉduConnect."
)


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_whole_way_ends_with_an_active_account_that_is_logged_in(parent, app):
    parent.until_end()

    assert parent.reaches("terminee")
    assert parent.sees("Bienvenue, Mme Valéry DURANT.")
    assert parent.sees("v.durant1")
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.state, account.identifiant, account.mobile) == ("active", "v.durant1", "+33639981234")
        assert account.mobile_verified_at is not None
        assert db.session.scalars(select(Session)).one().amr == "pwd sms"


def test_the_new_password_logs_in(parent, another_browser):
    parent.until_end()

    another_browser.logs_in()

    assert another_browser.sees("Vous êtes connecté")


@pytest.mark.parametrize(
    "mobile", ["0639981234", "06.39.98.12.34", "+33639981234", "0033 6 39 98 12 34", "+33 (0)6 39 98 12 34"]
)
def test_a_mobile_is_found_in_every_common_spelling(parent, mobile):
    parent.begins().gives(mobile=mobile)

    assert parent.reaches("code")


@pytest.mark.parametrize(
    "typed", [{"nom": "Dupont"}, {"prenom": "Paul"}, {"mobile": "06 39 98 99 99"}, {"mobile": "+32 470 12 34 56"}]
)
def test_no_match_does_not_say_which_field_was_wrong(parent, typed):
    parent.begins().gives(**typed)

    assert parent.sees(NO_MATCH)
    assert parent.sms() == []


def test_missing_fields_are_told_and_what_was_typed_is_kept(parent):
    parent.begins().gives(nom="", mobile="03 20 12 34 56")

    assert parent.sees("Écrivez votre nom.")
    assert parent.sees("Ce numéro n’est pas un numéro de mobile.")
    assert parent.sees('value="Valery"')


def test_without_a_mobile_the_login_page_explains_the_other_ways(parent):
    parent.begins()

    parent.opens(f"/connexion/{parent.flow_id}?sans_mobile=1")

    assert parent.sees("La lettre de l’école.")


def test_a_wrong_date_is_told_without_saying_whose(parent):
    parent.until_dates()

    parent.enters_dates(WRONG_DATES)

    assert parent.sees("La date de naissance saisie est incorrecte")
    assert not parent.sees("has-error")
    assert parent.enters_dates().reaches("mot-de-passe")


@pytest.mark.parametrize(
    ("part", "written"), [("mois", "13"), ("annee", "17"), ("annee", "2107"), ("annee", "1917"), ("annee", "")]
)
def test_an_impossible_date_is_not_counted(parent, part, written):
    parent.until_dates()

    typed = parent.typed_dates(BIRTH_DATES)
    field = next(field for field in typed if field.endswith(part))
    parent.sends(parent.path, **typed | {field: written})

    assert parent.sees("Écrivez une date complète")
    assert not parent.sees("Il vous reste")
    assert parent.enters_dates(WRONG_DATES).sees("Il vous reste 4 essais.")
    assert parent.enters_dates().reaches("mot-de-passe")


def test_five_wrong_submissions_close_the_flow_and_bar_the_responsable_for_a_day(parent, another_browser, clock):
    parent.until_dates()

    for _try in range(5):
        parent.enters_dates(WRONG_DATES)

    assert parent.sees("Les dates de naissance étaient incorrectes trop de fois.")
    clock.advance(hours=23, minutes=59)
    assert another_browser.until_code().sees("Les dates de naissance étaient incorrectes trop de fois.")
    clock.advance(minutes=2)
    assert another_browser.until_code().reaches("code")


def test_wrong_dates_are_in_the_audit_log_with_the_responsable(parent, app, family):
    """ATTACKS 85: the school head sees whose children somebody guesses at."""
    parent.until_dates()

    for _try in range(5):
        parent.enters_dates(WRONG_DATES)

    with app.app_context():
        lines = [line for line in db.session.scalars(select(AuditEntry)) if "responsable_id" in line.ids]
    assert [line.event for line in lines] == ["registration.wrong_dates"] * 4 + ["registration.barred"]
    assert {line.ids["responsable_id"] for line in lines} == set(family)


def test_no_step_can_be_skipped_by_its_url(parent):
    parent.until_code()

    parent.opens(f"/inscription/{parent.flow_id}/mot-de-passe")

    assert parent.reaches("code")


def test_a_password_sent_before_the_dates_makes_no_account(parent, app):
    parent.until_dates().chooses()

    assert parent.reaches("dates")
    assert count(app, Account) == 0


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("abc1", "Le mot de passe doit avoir 8 à 14 caractères."),
        ("abcdefgh12345678", "Le mot de passe doit avoir 8 à 14 caractères."),
        ("1234567890", "Le mot de passe doit contenir au moins une lettre."),
        ("abcdefghijk", "Le mot de passe doit contenir au moins un chiffre."),
        ("chevalété7", "Le mot de passe ne doit contenir ni accent ni espace."),
        ("password1", "Ce mot de passe est trop courant. Choisissez-en un autre."),
        ("v.durant1ab", "Le mot de passe ne doit pas contenir votre identifiant."),
    ],
)
def test_each_rule_of_the_password_is_told(parent, password, message):
    parent.until_password().chooses(password)

    assert parent.sees(message)


def test_the_password_page_shows_the_identifiant(parent):
    parent.until_password()

    assert parent.sees("Veillez à noter cet identifiant")
    assert parent.sees("v.durant1")


def test_two_different_passwords_are_told(parent):
    parent.until_password().chooses(confirmation="chevalbleu8")

    assert parent.sees("Les deux mots de passe sont différents.")


def test_a_double_click_on_terminer_makes_one_account(parent, app):
    parent.until_password()
    page = parent.page
    parent.chooses()
    parent.page = page

    parent.chooses()

    assert parent.reaches("terminee")
    assert count(app, Account) == 1


def test_terminer_logs_in_when_its_first_answer_was_lost(parent, app):
    """A double click without JavaScript: the browser drops the first answer, and its cookie."""
    parent.until_password()
    twin(parent).chooses()

    parent.chooses()

    assert parent.reaches("terminee")
    assert parent.sees("La connexion est faite.")
    assert parent.opens("/compte").reaches("compte")
    assert count(app, Account) == 1


def test_another_password_does_not_log_in_to_the_account_that_was_made(parent):
    parent.until_password()
    twin(parent).chooses()

    parent.chooses("chevalnoir8")

    assert parent.reaches("terminee")
    assert parent.sees("Connectez-vous avec le mot de passe que vous avez choisi.")
    assert not parent.sees("La connexion est faite.")
    assert not parent.sees("email-form")
    assert parent.browser.get_cookie("idp_session") is None


def test_the_end_says_nothing_of_a_login_once_it_is_over(parent):
    parent.until_end()
    parent.browser.delete_cookie("idp_session")

    parent.opens(parent.path)

    assert parent.sees("v.durant1")
    assert not parent.sees("La connexion est faite.")


def test_the_back_button_after_the_end_leads_to_the_end(parent):
    parent.until_end()

    parent.opens(f"/inscription/{parent.flow_id}/informations")

    assert parent.reaches("terminee")


def test_two_browsers_make_one_account(parent, another_browser, app, clock):
    parent.until_password()
    clock.advance(seconds=61)
    another_browser.until_password()

    parent.chooses()
    another_browser.chooses()

    assert another_browser.sees(ALREADY)
    assert count(app, Account) == 1


def test_two_tabs_share_the_flow(parent):
    parent.until_code()
    first_tab = parent.page
    parent.enters_code(parent.last_code())
    parent.page = first_tab

    parent.enters_code(parent.last_code())

    assert parent.reaches("dates")


def test_somebody_who_has_an_account_is_told(parent, another_browser):
    parent.until_end()

    another_browser.begins().gives()

    assert another_browser.sees(ALREADY)


def test_several_responsables_of_one_adult_make_one_account(parent, app, add_second_school):
    add_second_school()

    parent.until_password().chooses()

    with app.app_context():
        assert len(db.session.scalars(select(Account)).one().responsables) == 2


def test_a_second_adult_with_the_same_child_gets_an_account_too(parent, another_browser, add_father):
    add_father()
    parent.until_end()

    another_browser.begins().gives(prenom="Paul", mobile="06 39 98 55 55")
    another_browser.enters_code(another_browser.last_code()).enters_dates().chooses()

    assert another_browser.sees("p.durant1")


def test_a_child_imported_half_way_is_asked_for(parent, add_zoe):
    parent.until_password()
    add_zoe()

    parent.chooses()

    assert parent.reaches("dates")
    assert parent.sees("Zoé")


def test_a_responsable_who_left_half_way_goes_back_to_step_one(parent, app, family):
    parent.until_dates()
    with app.app_context():
        db.session.get_one(Responsable, family[0]).ended_at = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
        db.session.commit()

    parent.enters_dates()

    assert parent.reaches("informations")


def test_a_flow_of_another_browser_is_not_found(parent, another_browser):
    parent.until_password()

    answer = another_browser.browser.get(parent.path)

    assert answer.status_code == 404


def test_a_form_without_its_token_is_refused(parent, app):
    parent.begins()

    answer = parent.browser.post(f"/inscription/{parent.flow_id}/informations", data={"nom": "Durant"})

    assert answer.status_code == 400
    assert "La page a expiré" in answer.text


def test_a_form_from_another_site_is_refused(parent):
    parent.begins()
    form = {"csrf_token": parent.token(), "nom": "Durant"}

    answer = parent.browser.post(parent.path, data=form, headers={"Origin": "https://attacker.example"})

    assert answer.status_code == 400


def test_the_mail_address_is_kept_unconfirmed_and_gets_its_mail(parent, app):
    parent.until_end()

    parent.sends(f"/inscription/{parent.flow_id}/terminee", email="valery.durant@example.org")

    assert parent.sees("Un courriel est parti à")
    assert [mail["subject"] for mail in parent.mails("valery.durant@example.org")] == [SUBJECT]
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.email, account.email_verified_at) == ("valery.durant@example.org", None)
