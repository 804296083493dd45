"""Activation by letter. Source: parents' guide, «Parcours par notification»."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from idp.accounts.letters.models import Letter
from idp.accounts.models import Account, Session
from idp.db import db
from idp.flows.models import Flow
from tests.journeys.conftest import BIRTH_DATES, LETTER, PASSWORD

WRONG_DATES = dict.fromkeys(BIRTH_DATES, dt.date(2015, 1, 1))
TO = "valery@example.org"


def state(app):
    with app.app_context():
        return db.session.scalars(select(Account.state)).one()


def sessions(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Session))


def test_a_letter_leads_to_an_active_account(reader, app):
    reader.uses_letter()
    assert reader.reaches("dates")
    assert reader.sees("Étape 1 sur 4")

    reader.gives_dates()
    assert reader.reaches("mot-de-passe")
    assert reader.sees("v.durant1")

    reader.takes_password()
    assert reader.sees("Étape 3 sur 4")
    assert state(app) == "pending_email"

    reader.gives_email()
    assert reader.sees("Étape 4 sur 4")
    assert reader.sees("Un courriel est parti à")

    reader.opens_link(reader.last_link(TO)).validates()
    assert reader.sees("Votre adresse mail est validée")
    assert state(app) == "active"


def test_the_page_that_waits_goes_on_after_the_click_on_another_device(reader, mail_reader, app):
    """The validation may be done on another device; the first one then continues to the service."""
    reader.until_mail()
    waiting = reader.flow_id

    mail_reader.opens_link(reader.last_link(TO)).validates()
    assert not mail_reader.browser.get_cookie("idp_session")
    reader.opens(f"/activation/{waiting}")

    assert reader.reaches("terminee")
    reader.sends(f"/activation/{waiting}/terminer")
    assert reader.sees("Vous êtes connecté")


def test_until_the_address_is_validated_each_login_goes_to_verification_mail(reader, app):
    """Guide: «votre compte ne sera activé que lorsque votre adresse mail sera validée»."""
    reader.until_mail()

    reader.logs_in(password=PASSWORD)

    assert reader.sees("Vérification Mail")
    assert reader.sees(f'value="{TO}"')
    assert (state(app), sessions(app)) == ("pending_email", 0)


def test_no_session_exists_before_the_end(reader, app):
    """ATTACKS 78: «another way» never jumps the mail gate."""
    reader.until_mail()

    assert sessions(app) == 0
    reader.opens("/connecte")
    assert not reader.sees("Vous êtes connecté")


@pytest.mark.parametrize(
    "path",
    ["/activation/{}/mot-de-passe", "/activation/{}/terminee", "/verification-mail/{}", "/verification-mail/{}/envoye"],
)
def test_a_typed_address_lands_at_the_first_missing_step(reader, path):
    """ATTACKS 78."""
    reader.uses_letter()

    reader.opens(path.format(reader.flow_id))

    assert reader.reaches("dates")


def test_a_password_without_the_dates_is_not_taken(reader, app):
    """ATTACKS 78, 102: an intercepted letter is worth nothing without the children's dates."""
    reader.uses_letter().takes_password()

    assert reader.reaches("dates")
    assert state(app) == "notified"


def test_an_address_before_the_password_is_not_taken(reader, app):
    """ATTACKS 78."""
    reader.uses_letter().gives_dates().gives_email()

    assert reader.reaches("mot-de-passe")
    assert reader.mails(TO) == []


def test_finishing_before_the_validation_opens_nothing(reader, app):
    """ATTACKS 78."""
    reader.until_mail()
    reader.sends(f"/activation/{reader.flow_id}/terminer")

    assert sessions(app) == 0


def test_wrong_dates_bar_after_five_submissions(reader, app, clock):
    """ATTACKS 85, 102."""
    reader.uses_letter()
    for _try in range(4):
        reader.gives_dates(WRONG_DATES)
        assert reader.sees("La date de naissance saisie est incorrecte")

    reader.gives_dates(WRONG_DATES)
    assert reader.sees("L’activation est arrêtée")

    reader.uses_letter().gives_dates()
    assert reader.sees("L’activation est arrêtée")
    clock.advance(hours=24)
    assert reader.uses_letter().gives_dates().reaches("mot-de-passe")


def test_a_new_print_kills_the_letter_of_before(reader, print_letters, clock):
    """ATTACKS 102."""
    print_letters("autre-2018b")

    assert reader.uses_letter().sees("L’identifiant ou le mot de passe est incorrect.")
    clock.advance(minutes=1)
    assert reader.uses_letter("autre-2018b").reaches("dates")


def test_a_new_print_ends_an_activation_under_way(reader, print_letters, app):
    """ATTACKS 102."""
    reader.uses_letter().gives_dates()
    print_letters("autre-2018b")

    reader.takes_password()

    assert state(app) == "notified"
    assert reader.sees("Se connecter")


def test_a_letter_works_until_its_last_day(reader, clock):
    clock.advance(days=92)
    assert reader.uses_letter().reaches("dates")

    clock.advance(days=1)
    assert reader.uses_letter().sees("Cette lettre ne marche plus.")


def test_the_letters_password_dies_with_its_use(reader, clock):
    reader.uses_letter().gives_dates().takes_password()

    assert reader.uses_letter().sees("L’identifiant ou le mot de passe est incorrect.")


def test_the_letters_password_cannot_be_chosen_again(reader):
    reader.uses_letter().gives_dates().takes_password(LETTER)

    assert reader.reaches("mot-de-passe")
    assert reader.sees("Choisissez un autre mot de passe que celui de la lettre.")


def test_first_use_is_written_down_with_its_device(reader, app):
    """ATTACKS 102: the head of the school sees when and with what a letter was used."""
    reader.uses_letter().gives_dates().takes_password()

    with app.app_context():
        letter = db.session.scalars(select(Letter)).one()
        assert letter.used_at is not None
        assert letter.used_with.startswith("Werkzeug")


def test_reload_and_restart_keep_the_step(reader, app):
    reader.uses_letter().gives_dates()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()

    reader.opens(f"/activation/{reader.flow_id}")

    assert reader.reaches("mot-de-passe")


def test_of_two_tabs_the_later_one_finds_the_step_done(reader, app):
    """ATTACKS 79."""
    reader.uses_letter().gives_dates()
    flow_id, token = reader.flow_id, reader.token()
    reader.takes_password()

    form = {"csrf_token": token, "nouveau_mot_de_passe": "autrecheval8", "confirmation": "autrecheval8"}
    reader.page = reader.browser.post(f"/activation/{flow_id}/mot-de-passe", data=form, follow_redirects=True)

    assert reader.sees("Étape 3 sur 4")
    assert reader.logs_in(password=PASSWORD).sees("Vérification Mail")


def test_cancelling_forgets_the_password_that_was_typed(reader):
    """ATTACKS 70, 80: the next person in front of the browser starts at the login page."""
    reader.until_mail()
    flow_id = reader.flow_id

    reader.sends(f"/activation/{flow_id}/annuler")

    assert reader.sees("Se connecter")
    assert reader.opens(f"/verification-mail/{flow_id}").sees("Se connecter")


def test_another_browser_cannot_take_the_flow(reader, mail_reader):
    """ATTACKS 80."""
    reader.uses_letter().gives_dates()

    answer = mail_reader.browser.get(f"/activation/{reader.flow_id}/mot-de-passe")

    assert answer.status_code == 404


def test_an_activation_goes_back_to_the_service_that_waits(reader, app):
    reader.opens("/connexion")
    with app.app_context():
        db.session.get_one(Flow, reader.flow_id).request = {"client_id": "portail"}
        db.session.commit()
    reader.sends(reader.path, identifiant="v.durant1", mot_de_passe=LETTER)
    reader.gives_dates().takes_password().gives_email()
    waiting = reader.flow_id
    reader.opens_link(reader.last_link(TO)).validates()
    reader.opens(f"/activation/{waiting}")

    form = {"csrf_token": reader.token()}
    answer = reader.browser.post(f"/activation/{waiting}/terminer", data=form)

    assert answer.headers["Location"].endswith(f"/authorize/resume?flow={waiting}")


def test_a_letter_may_be_left_aside_for_the_registration_by_sms(reader, app):
    """Guide: three ways to an account. The letter's identifiant stays, its password dies."""
    reader.until_end()

    assert reader.sees("v.durant1")
    assert state(app) == "active"
    reader.logs_in(password=LETTER)
    assert reader.sees("L’identifiant ou le mot de passe est incorrect.")


def test_who_activates_by_sms_meanwhile_keeps_that_account(reader, parent, app):
    """ATTACKS 79."""
    reader.uses_letter().gives_dates()
    parent.until_end()

    reader.takes_password()

    assert reader.sees("Se connecter")
    assert parent.opens("/connecte").sees("Vous êtes connecté")
    assert state(app) == "active"
