"""Lost identifiant, lost password. Source: parents' guide, «Comment s'auto-dépanner ?»."""

import re

import pytest
from sqlalchemy import func, select

from idp.accounts import service as accounts
from idp.accounts.models import Account, Session
from idp.accounts.passkeys import Passkey
from idp.audit import AuditEntry
from idp.db import db
from idp.franceconnect.models import LinkedIdentity
from idp.registry.models import Responsable

ADDRESS = "valery.durant@example.org"
NEW = "tulipes59"


@pytest.fixture
def visitor(parent, another_browser, clock, app):
    """Somebody in front of a fresh browser; Valéry DURANT has an account with a confirmed address and a mobile."""
    parent.until_end()
    change(app, email=ADDRESS, email_verified_at=clock.instant)
    clock.advance(minutes=5)
    return another_browser


def change(app, **values):
    with app.app_context():
        account = db.session.scalars(select(Account).where(Account.identifiant == "v.durant1")).one()
        for name, value in values.items():
            setattr(account, name, value)
        db.session.commit()


def loses_identifiant(person, address=ADDRESS):
    person.opens("/identifiant-oublie")
    return person.sends(person.path, email=address)


def loses_password(person, identifiant="v.durant1", by="mail"):
    person.opens("/mot-de-passe-perdu")
    return person.sends(person.path, identifiant=identifiant, par=by)


def chooses(person, password=NEW, confirmation=None, **more):
    return person.sends(
        person.path, nouveau_mot_de_passe=password, confirmation=confirmation or password, **more
    )  # fmt: skip


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


def test_opening_the_link_uses_nothing_up_and_leaves_no_token_in_the_address(visitor, parent):
    """ATTACKS 74, 90."""
    loses_password(visitor)
    link = visitor.last_link()
    token = link.rpartition("/")[2]

    for _preview in range(3):
        parent.opens(link)
    visitor.opens(link)

    assert token not in visitor.path
    assert token not in visitor.text
    assert chooses(visitor).sees("Votre nouveau mot de passe est enregistré.")


def test_the_page_of_the_link_never_tells_whose_account_it_is(visitor, parent):
    loses_password(visitor)

    parent.opens(visitor.last_link())

    for secret in ("v.durant1", "Valéry", "DURANT", ADDRESS, "valery", "39981234"):
        assert not parent.sees(secret)


def test_a_link_works_once(visitor, parent):
    """ATTACKS 91."""
    loses_password(visitor)
    link = visitor.last_link()
    chooses(visitor.opens(link))

    parent.opens(link)

    assert parent.sees("Ce lien ne marche plus")
    assert parent.page.status_code == 410


def test_a_page_that_stayed_open_is_refused_after_the_link_was_used(visitor, parent):
    loses_password(visitor)
    link = visitor.last_link()
    parent.opens(link)
    chooses(visitor.opens(link))

    chooses(parent, "jonquille7")

    assert parent.sees("Ce lien ne marche plus")
    assert visitor.logs_in(password=NEW).sees("Vous êtes connecté")


def test_a_link_dies_after_thirty_minutes(visitor, clock):
    loses_password(visitor)
    link = visitor.last_link()
    clock.advance(minutes=30)

    assert visitor.opens(link).sees("Ce lien ne marche plus")


def test_a_second_request_kills_the_first_link(visitor):
    loses_password(visitor)
    first = visitor.last_link()
    loses_password(visitor)
    second = visitor.last_link()

    assert visitor.opens(first).sees("Ce lien ne marche plus")
    assert visitor.opens(second).sees("Choisissez un nouveau mot de passe")


def test_an_invented_link_gets_the_same_answer_as_an_old_one(visitor, clock):
    loses_password(visitor)
    link = visitor.last_link()
    clock.advance(minutes=30)
    old = visitor.opens(link).page

    invented = visitor.opens(link[:-10] + "x" * 10).page

    token = re.compile(r"[0-9a-f]{64}|/[0-9a-f]{32}")
    assert (old.status_code, token.sub("", old.text)) == (invented.status_code, token.sub("", invented.text))


def test_a_form_kept_from_a_dead_link_changes_nothing(visitor, parent, clock):
    loses_password(visitor)
    visitor.opens(visitor.last_link())
    clock.advance(minutes=31)

    chooses(visitor)

    assert visitor.sees("Ce lien ne marche plus")
    assert parent.logs_in().sees("Vous êtes connecté")


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"])
def test_no_header_turns_the_link_elsewhere(visitor, header):
    """ATTACKS 89."""
    visitor.opens("/mot-de-passe-perdu")
    value = "host=attacker.example" if header == "Forwarded" else "attacker.example"
    form = {"csrf_token": visitor.token(), "identifiant": "v.durant1", "par": "mail"}

    visitor.browser.post(visitor.path, data=form, headers={header: value, "X-Forwarded-Proto": "https"})

    assert "http://127.0.0.1:8000/mot-de-passe-perdu/" in visitor.mails()[-1]["text"]
    assert "attacker" not in visitor.mails()[-1]["text"]


def test_the_rules_of_the_password_are_told_and_the_link_stays_good(visitor):
    loses_password(visitor)
    visitor.opens(visitor.last_link())

    chooses(visitor, "court1")
    assert visitor.sees("Le mot de passe doit avoir 8 à 14 caractères.")
    chooses(visitor, NEW, "tulipes60")
    assert visitor.sees("Les deux mots de passe sont différents.")

    assert chooses(visitor).sees("Votre nouveau mot de passe est enregistré.")


def test_a_reset_lists_the_mobile_and_can_drop_it(visitor, app):
    """ATTACKS 95: what a stranger may have added is seen, and taken away."""
    loses_password(visitor)
    visitor.opens(visitor.last_link())
    assert visitor.sees("Retirer le mobile 06 •• •• •• 34")

    chooses(visitor, retirer="sms")

    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.mobile, account.mobile_verified_at, account.email) == (None, None, ADDRESS)


def test_a_reset_lists_a_linked_identity_and_can_drop_it(visitor, app, clock):
    """ATTACKS 95: pre-hijack by a FranceConnect that somebody else linked first."""
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        db.session.add(LinkedIdentity(issuer="https://fc.example", sub="x", account_id=account.id,
                                      linked_at=clock.instant))  # fmt: skip
        db.session.commit()
    loses_password(visitor)
    visitor.opens(visitor.last_link())
    box = re.search(r'value="(upstream:[0-9a-f]+)"', visitor.text).group(1)
    assert visitor.sees("Retirer https://fc.example")

    chooses(visitor, retirer=box)

    with app.app_context():
        assert db.session.scalars(select(LinkedIdentity)).all() == []


def test_a_reset_lists_passkeys_by_their_day_and_can_drop_them(visitor, app, clock):
    """ATTACKS 95: a stranger's passkey is seen and taken away; its name would tell whose account it is."""
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        db.session.add(Passkey(account_id=account.id, credential_id=b"x", public_key=b"x", sign_count=0, synced=False,
                               name="iPhone de Valéry", created_at=clock.instant))  # fmt: skip
        db.session.commit()
    loses_password(visitor)
    visitor.opens(visitor.last_link())
    assert visitor.sees("Retirer la clé d’accès ajoutée le 15 janvier 2026 à 18 h 47")
    assert not visitor.sees("iPhone de Valéry")

    chooses(visitor, retirer=re.search(r'value="(passkey:[0-9a-f]+)"', visitor.text).group(1))

    with app.app_context():
        assert db.session.scalars(select(Passkey)).all() == []


def test_a_reset_drops_nothing_that_was_not_ticked(visitor, app):
    loses_password(visitor)

    chooses(visitor.opens(visitor.last_link()), retirer="mail")

    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.email, account.mobile) == (ADDRESS, "+33639981234")


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


def test_a_token_of_any_shape_is_a_dead_link(parent):
    for token in ("", "a" * 5000, "%00", "..%2f..", "é"):
        assert parent.opens(f"/mot-de-passe-perdu/x/lien/{token}").page.status_code in (404, 410)
