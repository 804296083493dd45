"""«Vérification Mail». Source: parents' guide, «compte dont l'adresse mail n'a pas été validée»."""

import re

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.db import db
from idp.flows import standing
from tests.journeys.conftest import SUBJECT, LetterReader

OLD, NEW = "valery1.durant@example.org", "valery.durant@example.org"


@pytest.fixture
def valery(app, clock, family, parent):
    """An active account whose address was given and never validated."""
    parent.until_end()
    parent.sends(f"/inscription/{parent.flow_id}/terminee", email=OLD)
    return LetterReader(app)


def account(app):
    with app.app_context():
        return db.session.scalars(select(Account)).one()


def change(app, **values):
    with app.app_context():
        db.session.execute(update(Account).values(**values))
        db.session.commit()


def test_a_login_shows_the_unconfirmed_address_twice_and_editable(valery):
    valery.logs_in()

    assert valery.sees("Vérification Mail")
    assert len(re.findall(rf'value="{OLD}"', valery.text)) == 2
    assert valery.sees("Annuler")
    assert valery.sees("Envoyer")


def test_an_active_account_may_go_on_without(valery):
    """Guide: «Vous pourrez vous connecter même avec une adresse mail non confirmée»."""
    valery.logs_in()
    (way_out,) = re.findall(r'id="annuler" href="([^"]+)"', valery.text)

    assert valery.opens(way_out).sees("Vous êtes connecté")


def test_unchanged_the_mail_goes_again(valery):
    valery.logs_in()
    valery.gives_email(OLD)

    assert [mail["subject"] for mail in valery.mails(OLD)] == [SUBJECT, SUBJECT]


def test_changed_it_goes_to_the_new_address(valery, app):
    valery.logs_in()
    valery.gives_email(NEW)

    assert len(valery.mails(NEW)) == 1
    assert (account(app).email, account(app).email_verified_at) == (NEW, None)


def test_a_click_on_the_button_validates_the_address(valery, app):
    valery.opens_link(valery.last_link(OLD)).validates()

    assert valery.sees("Votre adresse mail est validée")
    assert account(app).email_verified_at is not None
    assert valery.logs_in().sees("Vous êtes connecté")


def test_opening_the_link_changes_nothing(valery, app):
    """ATTACKS 74, 90: mail scanners open links."""
    link = valery.last_link(OLD)
    for _visit in range(3):
        valery.opens_link(link)

    assert account(app).email_verified_at is None
    assert valery.sees("Valider mon adresse mail")


def test_the_token_leaves_the_address_at_once(valery):
    """ATTACKS 90."""
    link = valery.last_link(OLD)
    token = link.rpartition("/")[2]

    answer = valery.browser.get(link)

    assert answer.status_code == 303
    assert token not in answer.headers["Location"]
    assert token not in valery.opens_link(link).text


def test_a_link_works_once(valery, mail_reader):
    """ATTACKS 91."""
    link = valery.last_link(OLD)
    valery.opens_link(link).validates()

    assert mail_reader.opens_link(link).sees("Ce lien ne marche plus")
    assert mail_reader.page.status_code == 410


def test_an_older_link_dies_with_a_newer_mail(valery, mail_reader):
    """ATTACKS 91."""
    old = valery.last_link(OLD)
    valery.logs_in()
    valery.gives_email(OLD)

    assert mail_reader.opens_link(old).sees("Ce lien ne marche plus")


def test_an_address_is_proved_by_its_own_link_alone(valery, mail_reader, app):
    """ATTACKS 98: confirming one value after switching to another."""
    first = valery.last_link(OLD)
    mail_reader.opens_link(first)
    valery.logs_in()
    valery.gives_email(NEW)

    mail_reader.validates()

    assert mail_reader.sees("Ce lien ne marche plus")
    assert (account(app).email, account(app).email_verified_at) == (NEW, None)


def test_fields_that_are_not_on_the_form_change_nothing(valery, app):
    """ATTACKS 98, 103."""
    valery.logs_in()
    valery.gives_email(NEW, email_verified="true", email_verified_at="1", state="active", account_id="x")

    assert account(app).email_verified_at is None


@pytest.mark.parametrize(
    "address", ["mıke@example.org", "ｍike@example.org", "mike@exаmple.org", "a\u200bb@example.org"]
)
def test_twins_in_unicode_are_no_addresses(valery, app, address):
    """ATTACKS 99."""
    valery.logs_in()
    valery.gives_email(address)

    assert valery.page.status_code == 422
    assert account(app).email == OLD


@pytest.mark.parametrize(
    ("email", "again"), [("durant", "durant"), (NEW, OLD), ("a@b.fr\r\nBcc: x@y.fr",) * 2, ("", "")]
)
def test_what_is_no_address_typed_twice_is_told(valery, app, email, again):
    """ATTACKS 106 for line ends."""
    valery.logs_in()
    valery.gives_email(email, again)

    assert valery.sees("Il y a un problème")
    assert account(app).email == OLD


def test_a_likely_slip_is_pointed_out_and_never_mended_silently(valery, app):
    slip = "valery1.durant@gmial.com"
    valery.logs_in()
    valery.gives_email(slip)

    assert valery.sees("Vouliez-vous dire valery1.durant@gmail.com ?")
    assert valery.sees(f'value="{slip}"')
    assert account(app).email == OLD

    valery.gives_email(slip, adresse_vue=slip)
    assert account(app).email == slip


def test_the_suggestion_is_taken_by_its_button(valery, app):
    valery.logs_in()
    valery.gives_email("valery1.durant@gmial.com")
    valery.gives_email("valery1.durant@gmial.com", utiliser="valery1.durant@gmail.com")

    assert account(app).email == "valery1.durant@gmail.com"


def test_mails_to_one_address_have_a_ceiling(valery, clock):
    """ATTACKS 87."""
    valery.logs_in()
    for _mail in range(8):
        valery.gives_email(OLD)
        valery.opens(f"/verification-mail/{valery.flow_id}")

    assert len(valery.mails(OLD)) == 5
    valery.gives_email(OLD)
    assert valery.page.status_code == 429
    assert valery.sees("Trop de courriels sont déjà partis.")
    clock.advance(days=1)
    valery.logs_in()
    valery.gives_email(OLD)
    assert len(valery.mails(OLD)) == 6


def test_mails_of_one_account_have_a_ceiling_whatever_the_address(valery, app):
    """ATTACKS 87."""
    valery.logs_in()
    for number in range(15):
        valery.gives_email(f"victim{number}@example.org")
        valery.opens(f"/verification-mail/{valery.flow_id}")

    assert sum(len(valery.mails(f"victim{number}@example.org")) for number in range(15)) == 9


def test_the_link_is_made_of_the_issuer_alone(valery):
    """ATTACKS 89."""
    valery.logs_in()
    form = {"csrf_token": valery.token(), "email": NEW, "email_confirmation": NEW}
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    valery.browser.post(f"/verification-mail/{valery.flow_id}", data=form, headers=headers)

    assert "evil.example" not in valery.mails(NEW)[-1]["text"]
    assert valery.last_link(NEW).startswith("/verification-mail/lien/")


def test_an_address_that_sends_mails_back_is_told_at_login(valery, app, clock):
    valery.opens_link(valery.last_link(OLD)).validates()
    change(app, email_bounced_at=clock())

    assert valery.logs_in().sees("Nos courriels ne vous arrivent plus.")


def test_a_proved_address_that_bounces_stays_until_the_new_one_is_proved(valery, app, clock):
    valery.opens_link(valery.last_link(OLD)).validates()
    change(app, email_bounced_at=clock())
    valery.logs_in()
    valery.gives_email(NEW)
    assert account(app).email == OLD

    valery.opens_link(valery.last_link(NEW)).validates()

    assert (account(app).email, account(app).email_bounced_at) == (NEW, None)


def test_after_logout_the_flow_shows_nobodys_address(valery, app):
    """ATTACKS 70: a second person on the same browser."""
    valery.logs_in()
    flow_id = valery.flow_id
    valery.browser.delete_cookie("idp_session")

    assert not valery.opens(f"/verification-mail/{flow_id}").sees(OLD)


def test_the_audit_log_has_the_acts_and_no_address(valery, app):
    valery.opens_link(valery.last_link(OLD)).validates()

    with app.app_context():
        entries = list(db.session.scalars(select(AuditEntry)))
    assert {"account.email_validation_sent", "account.email_validated"} <= {entry.event for entry in entries}
    assert not any(OLD in str(entry.ids) for entry in entries)


def test_later_mails_speak_the_language_of_the_last_login(valery, app):
    valery.opens_link(valery.last_link(OLD)).validates()
    valery.opens("/connexion?ui_locales=en")
    valery.sends(f"{valery.path}?ui_locales=en", identifiant="v.durant1", mot_de_passe="chevalbleu7")
    with app.app_context():
        standing.suspend(db.session.scalars(select(Account)).one(), "ticket 41", "agent-7")
        db.session.commit()

    assert "your account is suspended" in valery.mails(OLD)[-1]["subject"]
