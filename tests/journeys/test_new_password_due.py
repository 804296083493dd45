"""After a leak: the old password opens nothing, and a proof that the leak did not give away chooses the next one."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from idp.accounts import links
from idp.accounts.letters.models import Letter
from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.flows import new_password_due
from idp.flows.new_password_due import Outcome, Pace
from tests.conftest import BOTH_DATABASES
from tests.journeys.conftest import PASSWORD, LetterReader

EMAIL = "valery@example.org"
DUE = "Ce mot de passe n’ouvre plus votre compte."


def everybody(app, *, dry_run=False):
    """What the command does for all."""
    with app.app_context():
        total = Outcome()
        for ids in new_password_due.all_ids(2):
            pace = Pace(3600)
            total += new_password_due.look(ids) if dry_run else new_password_due.demand(ids, "leak 7", "cli", pace)
            db.session.commit()
        return total


@pytest.fixture
def valery(parent, app, clock):
    """Valéry DURANT, logged in, with a confirmed address and the mobile that she registered with."""
    parent.until_end()
    with app.app_context():
        db.session.execute(update(Account).values(email=EMAIL, email_key=EMAIL, email_verified_at=clock()))
        db.session.commit()
    return parent


def account(app):
    with app.app_context():
        return db.session.scalars(select(Account)).one()


@BOTH_DATABASES
def test_sessions_tokens_and_links_end_and_everything_is_counted(valery, app):
    """ATTACKS 71."""
    with app.app_context():
        links.make(db.session.scalars(select(Account)).one(), "reset_password", life=dt.timedelta(hours=1))
        db.session.commit()
    would = everybody(app, dry_run=True)
    assert account(app).new_password_due_at is None

    outcome = everybody(app)

    assert would == outcome == Outcome(accounts=1, sessions=1, mails=1)
    with app.app_context():
        assert db.session.scalars(select(Session)).all() == []
        assert db.session.scalars(select(links.MailLink)).all() == []
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "account.new_password_demanded"))
        assert (entry.ids, entry.actor) == ({"reason": "leak 7"}, "cli")
    assert everybody(app) == Outcome()


def test_the_old_password_leads_to_a_page_and_opens_nothing(valery, app):
    everybody(app)

    assert valery.logs_in().sees(DUE)
    assert valery.opens("/compte").sees("Se connecter")
    assert valery.logs_in(password="notthisone1").sees("L’identifiant ou le mot de passe est incorrect.")


def test_the_page_tells_neither_address_nor_number(valery, app):
    everybody(app)

    valery.logs_in()

    assert not valery.sees("example.org")
    assert not valery.sees("39 98")


def test_another_browser_does_not_see_the_page(valery, another_browser, app):
    everybody(app)
    valery.logs_in()

    another_browser.opens(valery.path)

    assert not another_browser.sees(DUE)


def test_a_mail_link_chooses_the_next_password(valery, app):
    everybody(app)
    valery.logs_in()
    valery.sends(f"/mot-de-passe-perdu/{valery.flow_id}", identifiant="v.durant1", par="mail")

    valery.opens(valery.last_link(EMAIL))
    valery.sends(valery.path, nouveau_mot_de_passe="tulipes59", confirmation="tulipes59")

    assert valery.logs_in(password="tulipes59").sees("Vous êtes connecté")
    assert account(app).new_password_due_at is None


def test_a_code_by_sms_does_too(valery, app):
    everybody(app)
    valery.logs_in()
    valery.sends(f"/mot-de-passe-perdu/{valery.flow_id}", identifiant="v.durant1", par="sms")
    valery.sends(f"/mot-de-passe-perdu/{valery.flow_id}/code", code=valery.last_code())

    valery.sends(valery.path, nouveau_mot_de_passe="tulipes59", confirmation="tulipes59")

    assert valery.logs_in(password="tulipes59").sees("Vous êtes connecté")


def test_the_leaked_password_is_not_taken_again(valery, app):
    everybody(app)
    valery.opens("/mot-de-passe-perdu")
    valery.sends(valery.path, identifiant="v.durant1", par="mail")
    valery.opens(valery.last_link(EMAIL))

    valery.sends(valery.path, nouveau_mot_de_passe=PASSWORD, confirmation=PASSWORD)

    assert valery.sees("Choisissez un mot de passe différent de l’ancien.")
    assert account(app).new_password_due_at is not None


def test_only_ways_that_were_proved_are_offered(valery, app):
    """ATTACKS 95: an address that was never confirmed recovers nothing."""
    with app.app_context():
        db.session.execute(update(Account).values(email_verified_at=None, mobile_verified_at=None))
        db.session.commit()
    assert everybody(app).without_proof == 1

    valery.logs_in()

    assert not valery.sees("Recevoir un")
    assert valery.sees("Contactez l’assistance.")


def test_the_owner_is_told_without_a_link(valery, app, clock):
    everybody(app)

    (mail,) = valery.mails(EMAIL)

    assert "choisissez un nouveau mot de passe" in mail["subject"]
    assert "http" not in mail["text"] + mail["html"].partition("<main>")[2]


def test_who_chose_a_new_one_meanwhile_is_not_told_any_more(valery, app):
    everybody(app)
    with app.app_context():
        db.session.execute(update(Account).values(new_password_due_at=None))
        db.session.commit()

    assert valery.mails(EMAIL) == []


@BOTH_DATABASES
def test_mails_are_spread_so_that_codes_pass(database, clock):
    now = clock()
    for number in range(3):
        row = Account(identifiant=f"v.durant{number}", family_name="DURANT", first_name="V", password_hash="x")
        row.created_at = row.updated_at = row.email_verified_at = now
        row.email = f"v{number}@example.org"
        db.session.add(row)
    db.session.flush()

    for ids in new_password_due.all_ids(500):
        new_password_due.demand(ids, "leak 7", "cli", Pace(60))

    due = db.session.scalars(select(Message.due_at).order_by(Message.due_at)).all()
    assert [(at - now).seconds for at in due] == [0, 60, 120]


def test_an_unused_letter_dies_too(reader, app):
    """ATTACKS 102."""
    assert everybody(app) == Outcome(letters=1)

    assert reader.uses_letter().sees("Cette lettre ne marche plus.")
    with app.app_context():
        assert db.session.scalars(select(Letter)).one().replaced_at is not None


def test_a_half_activated_account_waits_for_a_new_letter(reader, app, print_letters):
    """ATTACKS 78: who has the leaked password gives no address of their own."""
    reader.uses_letter().gives_dates().takes_password()
    flow_id = reader.flow_id
    everybody(app)

    assert reader.opens(f"/verification-mail/{flow_id}").sees("Se connecter")
    assert reader.logs_in().sees("Demandez une nouvelle lettre")
    print_letters()
    assert reader.uses_letter().reaches("dates")


def test_the_leaked_password_merges_nothing(valery, app, clock):
    """ATTACKS 101: an account whose password leaked is not absorbed by its password."""
    everybody(app)
    with app.app_context():
        now = clock()
        other = Account(identifiant="v.durant2", family_name="DURANT", first_name="Valéry")
        other.created_at = other.updated_at = now
        leaked = db.session.scalars(select(Account)).one()
        other.password_hash = leaked.password_hash
        db.session.add(other)
        db.session.commit()
    thief = LetterReader(app)
    thief.logs_in("v.durant2")

    thief.opens("/compte/enfants/ajouter")
    thief.sends("/compte/enfants/ajouter", identifiant="v.durant1", mot_de_passe=PASSWORD)

    assert thief.sees("Ce mot de passe n’ouvre plus ce compte.")


def test_registering_by_sms_again_opens_no_other_way(valery, app, clock):
    """ATTACKS 78."""
    everybody(app)
    clock.advance(hours=1)

    valery.begins().gives()

    assert valery.sees("Un compte ÉduConnect est déjà créé à partir de ces données.")
