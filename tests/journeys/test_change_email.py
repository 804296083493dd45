"""«Modifier mon adresse mail». Source: parents' guide, «Comment modifier votre adresse mail ?»"""

import re

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.audit import AuditEntry
from idp.db import db
from idp.settings import build

OLD, NEW = "valery@example.org", "valery.durant@example.com"
PAGE = "/compte/adresse-mail"
DONE = "La modification de votre adresse de messagerie a bien été prise en compte."


@pytest.fixture
def settings(settings):
    tables = {"server": {"demo": True}, "database": {"url": settings.database.url, "synchronous": "NORMAL"},
              "keys": {"directory": settings.keys.directory}, "contact": {"email": "assistance@example.org"},
              "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1}}  # fmt: skip
    return build(tables)


@pytest.fixture
def owner(parent, clock, app):
    """Valéry DURANT, logged in, with a confirmed address."""
    parent.until_end()
    change(app, email=OLD, email_verified_at=clock.instant)
    return parent


def change(app, **values):
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        for name, value in values.items():
            setattr(account, name, value)
        db.session.commit()


def address(app):
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        return account.email if account.email_verified_at else None


def asks(person, new=NEW, again=None, **more):
    person.opens(PAGE)
    return person.sends(PAGE, email=new, email_confirmation=new if again is None else again, **more)


def link_to(person, recipient, number=-1):
    text = person.mails(recipient)[number]["text"]
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", text).group(1)


def clicks(person, link):
    person.opens(link)
    return person.sends(person.path)


def test_the_message_is_that_of_the_guide(owner):
    asks(owner)

    assert owner.path == "/compte"
    assert owner.sees(DONE)
    assert owner.sees("Un courriel de confirmation vient de vous être transmis à cette nouvelle adresse (*). "
                      "Lisez-le attentivement et suivez les instructions.")  # fmt: skip
    assert owner.sees("pensez à regarder dans vos courriers indésirables ou « spams ».")


def test_two_mails_leave_and_the_old_one_is_told_the_new_address(owner):
    asks(owner)

    (told,), (link,) = owner.mails(OLD), owner.mails(NEW)
    assert NEW in told["text"]
    assert "Ce n’est pas moi" in told["text"]
    assert link["subject"] == "Services en ligne de l'éducation nationale – activation de votre compte"
    assert "/adresse-mail/nouvelle/" in link["text"]


def test_the_old_address_stays_in_force_until_the_link_is_clicked(owner, another_browser, app):
    asks(owner)
    assert address(app) == OLD

    clicks(another_browser, link_to(owner, NEW))

    assert another_browser.sees("Votre adresse mail est validée")
    assert address(app) == NEW


def test_opening_the_link_changes_nothing_and_leaves_no_token_in_the_address(owner, another_browser, app):
    """ATTACKS 74, 90."""
    asks(owner)
    link = link_to(owner, NEW)

    another_browser.opens(link)

    assert link.rpartition("/")[2] not in another_browser.path + another_browser.text
    assert another_browser.sees(f"{NEW.replace('@', '<wbr>@')}")
    assert address(app) == OLD


def test_a_link_works_once(owner, another_browser):
    asks(owner)
    clicks(another_browser, link_to(owner, NEW))

    assert another_browser.opens(link_to(owner, NEW)).sees("Ce lien ne marche plus")


def test_a_pending_change_is_shown_and_its_mail_sent_again(owner, another_browser):
    asks(owner)

    owner.opens(PAGE)
    assert owner.sees("Ma nouvelle adresse mail :")
    assert owner.sees(NEW.replace("@", "<wbr>@"))
    first = link_to(owner, NEW)
    owner.sends(f"{PAGE}/renvoyer")

    assert owner.sees("L'email a été envoyé")
    assert len(owner.mails(NEW)) == 2
    assert len(owner.mails(OLD)) == 1
    assert another_browser.opens(first).sees("Ce lien ne marche plus")
    assert clicks(another_browser, link_to(owner, NEW)).sees("Votre adresse mail est validée")


def test_another_address_meanwhile_sends_both_mails_again_and_kills_the_earlier_link(owner, another_browser, app):
    asks(owner)
    first = link_to(owner, NEW)

    asks(owner, "v.durant@example.net")

    assert len(owner.mails(OLD)) == 2
    assert another_browser.opens(first).sees("Ce lien ne marche plus")
    clicks(another_browser, link_to(owner, "v.durant@example.net"))
    assert address(app) == "v.durant@example.net"


def test_the_first_tab_tells_of_a_pending_change(owner):
    asks(owner)

    owner.opens("/compte")

    assert owner.sees("Une nouvelle adresse attend votre validation.")
    assert owner.sees("Renvoyer un email de validation")


def test_it_was_not_me_stops_the_change_ends_every_session_and_tells_the_assistance(owner, another_browser, app):
    """ATTACKS 96."""
    asks(owner)
    link = link_to(owner, NEW)

    clicks(another_browser, link_to(owner, OLD))

    assert another_browser.sees("Le changement d’adresse est arrêté.")
    assert owner.opens("/compte").sees("login-form")
    assert owner.opens(link).sees("Ce lien ne marche plus")
    assert address(app) == OLD
    (told,) = owner.mails("assistance@example.org")
    number = re.search(r"2026-\d{3}-\d{3}-\d{3}", another_browser.text).group()
    assert number in told["text"]
    assert "v.durant1" in told["text"]
    with app.app_context():
        (line,) = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "account.email_change_denied"))
        assert line.ids["number"] == number


def test_it_was_not_me_leads_to_a_new_password(owner, another_browser):
    asks(owner)
    clicks(another_browser, link_to(owner, OLD))
    another_browser.opens(re.search(r'href="(/mot-de-passe-perdu/[^"]+/nouveau)"', another_browser.text).group(1))

    another_browser.sends(another_browser.path, nouveau_mot_de_passe="tulipes59", confirmation="tulipes59")

    assert another_browser.logs_in(password="tulipes59").sees("Vous êtes connecté")


def test_opening_it_was_not_me_changes_nothing(owner, another_browser):
    """ATTACKS 74."""
    asks(owner)

    another_browser.opens(link_to(owner, OLD))

    assert another_browser.sees("Vous n’avez pas demandé ce changement d’adresse ?")
    assert clicks(owner, link_to(owner, NEW)).sees("Votre adresse mail est validée")


def test_it_was_not_me_after_the_click_ends_sessions_and_leaves_the_address_to_the_assistance(
    owner, another_browser, app
):
    asks(owner)
    clicks(another_browser, link_to(owner, NEW))

    clicks(another_browser, link_to(owner, OLD))

    assert another_browser.sees("La nouvelle adresse était déjà validée.")
    assert not another_browser.sees("/nouveau")
    assert owner.opens("/compte").sees("login-form")
    assert address(app) == NEW


def test_it_was_not_me_still_works_after_a_second_change_and_a_new_password(owner, another_browser):
    """Who took the account over cannot take the warning back."""
    asks(owner)
    warning = link_to(owner, OLD)
    asks(owner, "v.durant@example.net")
    owner.opens("/compte/mot-de-passe")
    owner.sends(owner.path, mot_de_passe_actuel="chevalbleu7", nouveau_mot_de_passe="tulipes59",
                confirmation="tulipes59")  # fmt: skip

    clicks(another_browser, warning)

    assert another_browser.sees("Votre compte est protégé")


def test_a_pending_change_dies_with_a_new_password(owner, another_browser):
    """ATTACKS 96."""
    asks(owner)
    owner.opens("/compte/mot-de-passe")
    owner.sends(owner.path, mot_de_passe_actuel="chevalbleu7", nouveau_mot_de_passe="tulipes59",
                confirmation="tulipes59")  # fmt: skip

    assert another_browser.opens(link_to(owner, NEW)).sees("Ce lien ne marche plus")
    assert not owner.opens(PAGE).sees(NEW.replace("@", "<wbr>@"))


def test_a_reset_link_to_the_old_address_dies_with_the_click(owner, another_browser):
    another_browser.opens("/mot-de-passe-perdu")
    another_browser.sends(another_browser.path, identifiant="v.durant1", par="mail")
    reset = link_to(owner, OLD)
    asks(owner)

    clicks(another_browser, link_to(owner, NEW))

    assert another_browser.opens(reset).sees("Ce lien ne marche plus")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"new": "valery"}, "Écrivez une adresse complète"),
        ({"again": "other@example.com"}, "Les deux adresses mail sont différentes."),
        ({"new": OLD.upper()}, "C’est déjà votre adresse mail."),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(owner, typed, message):
    asks(owner, **typed)

    assert owner.page.status_code == 422
    assert owner.sees(message)
    assert owner.sees(f'value="{typed.get("new", NEW)}"')
    assert owner.mails() == []


def test_a_slip_is_pointed_out_once_and_can_be_mended_by_a_button(owner):
    asks(owner, "valery@gmial.com")
    assert owner.sees("Vouliez-vous écrire valery@gmail.com ?")

    owner.sends(PAGE, utiliser="valery@gmail.com", email="valery@gmial.com", email_confirmation="valery@gmial.com")

    assert owner.sees(DONE)
    assert len(owner.mails("valery@gmail.com")) == 1


def test_a_slip_that_is_none_is_taken_the_second_time(owner):
    asks(owner, "valery@gmial.com")

    asks(owner, "valery@gmial.com", adresse_vue="valery@gmial.com")

    assert owner.sees(DONE)


def test_an_account_without_a_confirmed_address_warns_nobody(owner, app, another_browser):
    change(app, email="stranger@example.org", email_verified_at=None)

    asks(owner)

    assert owner.mails("stranger@example.org") == []
    clicks(another_browser, link_to(owner, NEW))
    assert address(app) == NEW


def test_a_login_that_is_old_must_be_made_anew(owner, clock):
    """ATTACKS 95: a screen left open moves no account to another address."""
    clock.advance(minutes=11)

    assert owner.opens(PAGE).sees("login-form")


def test_at_most_three_changes_an_hour_send_mails(owner):
    """ATTACKS 87."""
    for number in range(4):
        asks(owner, f"valery{number}@example.com")

    assert owner.page.status_code == 429
    assert owner.sees("Trop de demandes.")
    assert len(owner.mails(OLD)) == 3


def test_fields_that_are_not_on_the_form_are_ignored(owner, app):
    """ATTACKS 98, 103."""
    asks(owner, email_verified_at="2026-01-01", state="suspended", account_id="x")

    assert address(app) == OLD


def test_the_mail_to_a_new_address_tells_no_name(owner):
    """A slip of the hand sends it to a stranger."""
    asks(owner)

    (mail,) = owner.mails(NEW)
    for part in ("Valéry", "DURANT", "v.durant1", OLD):
        assert part not in mail["text"] + mail["html"]
