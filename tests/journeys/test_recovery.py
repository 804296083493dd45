"""Lost identifiant, lost password. Source: parents' guide, «Comment s'auto-dépanner ?»."""

import re

import pytest
from sqlalchemy import func, select

from idp.accounts import service as accounts
from idp.accounts.models import Session
from idp.audit import AuditEntry
from idp.db import db
from idp.registry.models import Responsable
from tests.journeys.forgetful import ADDRESS, NEW, change, chooses, loses_identifiant, loses_password, visitor  # noqa: F401


def test_the_login_page_leads_to_both_and_the_flow_is_kept(parent):
    parent.opens("/connexion")
    flow_id = parent.flow_id

    assert parent.sees(f'href="/identifiant-oublie/{flow_id}"')
    assert parent.sees(f'href="/mot-de-passe-perdu/{flow_id}"')


def test_a_confirmed_address_gets_its_identifiant(visitor):
    loses_identifiant(visitor, " Valery.Durant@EXAMPLE.org ")

    assert visitor.sees("Regardez vos courriels")
    (mail,) = visitor.mails(ADDRESS)
    assert "v.durant1" in mail["text"]
    assert "v.durant1" in mail["html"]


def test_a_shared_address_gets_one_mail_with_every_identifiant(visitor, app, add_father, clock):
    """ATTACKS 100."""
    add_father()
    with app.app_context():
        paul = db.session.scalars(select(Responsable).where(Responsable.first_name == "Paul")).one()
        account = accounts.create([paul], password_hash=None)
        account.email, account.email_verified_at = ADDRESS, clock.instant
        db.session.commit()

    loses_identifiant(visitor)

    (mail,) = visitor.mails()
    assert "v.durant1" in mail["text"]
    assert "p.durant1" in mail["text"]
    assert "2 comptes utilisent cette adresse" in mail["text"]


def test_an_unconfirmed_address_has_its_own_message(visitor, app):
    change(app, email_verified_at=None)

    loses_identifiant(visitor)

    assert visitor.sees("Nous connaissons cette adresse, mais vous ne l’avez pas encore confirmée.")
    assert visitor.sees("Services en ligne de l’éducation nationale – activation de votre compte")
    assert visitor.mails() == []


def test_an_unconfirmed_address_gets_its_validation_mail_again(visitor, app):
    change(app, email_verified_at=None)
    loses_identifiant(visitor)

    visitor.sends(visitor.path.replace("/envoye", "/renvoyer"))
    assert visitor.sees("L'email a été envoyé")
    visitor.opens(visitor.last_link(ADDRESS))
    visitor.sends(visitor.path)

    assert loses_identifiant(visitor).sees("Un courriel est parti à")


@pytest.mark.parametrize("address", [ADDRESS, "nobody@example.org"])
def test_no_validation_mail_leaves_for_any_other_address(visitor, address):
    loses_identifiant(visitor, address)
    before = len(visitor.mails())

    visitor.sends(visitor.path.replace("/envoye", "/renvoyer"))

    assert len(visitor.mails()) == before


def test_an_unknown_address_gets_the_error_page_with_the_contact(visitor):
    loses_identifiant(visitor, "nobody@example.org")

    assert visitor.sees("L’adresse mail n’est pas reconnue.")
    assert visitor.sees("Aucun compte n’est rattaché à cette adresse.")
    assert visitor.sees('value="nobody@example.org"')
    assert visitor.sees('href="#contact"')
    assert visitor.mails() == []


def test_a_slip_in_the_domain_is_pointed_out(visitor):
    loses_identifiant(visitor, "valery@gmial.com")

    assert visitor.sees("Vouliez-vous écrire valery@gmail.com ?")


def test_what_is_no_address_is_told_before_anything_is_asked(visitor):
    loses_identifiant(visitor, "valery")

    assert visitor.page.status_code == 422
    assert visitor.sees("Écrivez une adresse complète")


def test_a_suspended_account_is_not_found_by_its_address(visitor, app):
    change(app, state="suspended")

    assert loses_identifiant(visitor).sees("L’adresse mail n’est pas reconnue.")


def test_a_lost_password_gets_a_mail_with_the_number_that_the_page_shows(visitor):
    loses_password(visitor, " V.Durant1 ")

    assert visitor.sees("Un courriel est parti à l’adresse mail de votre compte.")
    assert visitor.sees("19 h 17")
    number = re.search(r"2026-\d{3}-\d{3}-\d{3}", visitor.text).group()
    (mail,) = visitor.mails(ADDRESS)
    assert number in mail["subject"]
    assert number in mail["text"]


def test_the_link_leads_to_a_new_password_that_logs_in(visitor):
    loses_password(visitor)

    visitor.opens(visitor.last_link())
    assert visitor.sees("Choisissez un nouveau mot de passe")
    chooses(visitor)

    assert visitor.sees("Votre nouveau mot de passe est enregistré.")
    assert visitor.logs_in(password=NEW).sees("Vous êtes connecté")
    assert visitor.logs_in().sees("L’identifiant ou le mot de passe est incorrect.")


def test_the_link_comes_back_to_the_flow_that_asked_for_it(visitor):
    loses_password(visitor)
    flow_id = visitor.flow_id

    visitor.opens(visitor.last_link())

    assert visitor.path == f"/mot-de-passe-perdu/{flow_id}/nouveau"


def test_the_link_works_in_another_browser(visitor, parent):
    loses_password(visitor)

    chooses(parent.opens(visitor.last_link()))

    assert parent.sees("Votre nouveau mot de passe est enregistré.")


@pytest.mark.parametrize(
    "values",
    [{"email_verified_at": None}, {"email": None}, {"state": "notified"}, {"state": "suspended"}, {"state": "merged"}],
    ids=["unconfirmed", "no address", "notified", "suspended", "merged"],
)
def test_a_partly_known_identifiant_is_told_the_ways_out(visitor, app, values):
    """ATTACKS 95: an address that was never validated recovers nothing."""
    change(app, **values)

    loses_password(visitor)

    assert visitor.sees("Votre identifiant est partiellement reconnu.")
    assert visitor.sees("Activer votre compte avec un SMS")
    assert visitor.sees("Vous connecter avec la lettre de l’école")
    assert visitor.mails() == []


def test_an_unknown_identifiant_has_its_message(visitor):
    loses_password(visitor, "z.nobody1")

    assert visitor.sees("L’identifiant n’est pas reconnu.")
    assert visitor.sees('value="z.nobody1"')
    assert visitor.mails() == []


def test_a_reset_ends_every_session_and_tells_the_owner(visitor, parent, app):
    """ATTACKS 71, 94."""
    loses_password(visitor)

    chooses(visitor.opens(visitor.last_link()))

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Session)) == 0
    assert parent.opens("/compte").sees("login-form")
    assert "Le mot de passe de votre compte a été changé." in visitor.mails(ADDRESS)[-1]["text"]


def test_a_reset_lifts_the_lock_of_the_login_page(visitor, clock):
    """ATTACKS 83."""
    for _try in range(10):
        clock.advance(seconds=64)
        visitor.logs_in(password="notthisone1")
    assert visitor.logs_in().sees("Trop d’essais.")

    loses_password(visitor)
    chooses(visitor.opens(visitor.last_link()))

    assert visitor.logs_in(password=NEW).sees("Vous êtes connecté")


def test_a_fourth_mail_in_an_hour_does_not_leave_and_the_page_stays_the_same(visitor, clock):
    """ATTACKS 87."""
    for _time in range(3):
        loses_password(visitor)
    assert len(visitor.mails()) == 3

    loses_password(visitor)

    assert visitor.sees("Un courriel est parti à l’adresse mail de votre compte.")
    assert len(visitor.mails()) == 3
    clock.advance(hours=1)
    loses_password(visitor)
    assert len(visitor.mails()) == 4


def test_an_address_gets_three_identifiant_mails_an_hour(visitor):
    for _time in range(5):
        assert loses_identifiant(visitor).sees("Regardez vos courriels")

    assert len(visitor.mails()) == 3


def test_one_network_address_asks_sixty_times_an_hour(visitor, clock):
    for number in range(60):
        loses_password(visitor, f"z.nobody{number}")

    loses_password(visitor)

    assert visitor.page.status_code == 429
    assert visitor.sees("Trop de demandes.")
    assert loses_identifiant(visitor).page.status_code == 429
    clock.advance(hours=1)
    assert loses_password(visitor).sees("Un courriel est parti")


def test_each_act_is_in_the_audit_log_without_anything_personal(visitor, app):
    loses_identifiant(visitor)
    loses_password(visitor)
    chooses(visitor.opens(visitor.last_link()))

    with app.app_context():
        lines = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        events = [line.event for line in lines]
        for event in ("recovery.identifiant_asked", "recovery.reset_asked", "account.password_changed",
                      "sessions.ended", "recovery.password_reset"):  # fmt: skip
            assert event in events
        written = " ".join(str(line.ids) for line in lines)
        for secret in (ADDRESS, "v.durant1", NEW, "39981234"):
            assert secret not in written


def test_a_flow_that_reached_its_account_goes_on_to_the_service(visitor):
    visitor.logs_in()

    visitor.opens("/connexion")
    flow_id = visitor.flow_id
    visitor.sends(visitor.path, identifiant="v.durant1", mot_de_passe="chevalbleu7")

    assert visitor.opens(f"/mot-de-passe-perdu/{flow_id}").sees("Vous êtes connecté")


@pytest.mark.parametrize(
    "path", ["/identifiant-oublie/x", "/mot-de-passe-perdu/x", "/mot-de-passe-perdu/x/envoye",
             "/mot-de-passe-perdu/x/code", "/mot-de-passe-perdu/x/nouveau", "/identifiant-oublie/x/envoye"]
)  # fmt: skip
def test_an_old_address_is_no_dead_end(parent, path):
    parent.opens(path)

    assert parent.page.status_code == 200
    assert parent.sees("Identifiant oublié")
