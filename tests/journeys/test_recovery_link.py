"""The link of a lost password: its life, the page that it opens, what a reset drops. Source: as `test_recovery.py`."""

import re

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.accounts.passkeys import Passkey
from idp.db import db
from idp.franceconnect.models import LinkedIdentity
from tests.journeys.forgetful import ADDRESS, NEW, change, chooses, loses_identifiant, loses_password, visitor  # noqa: F401


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


def test_a_token_of_any_shape_is_a_dead_link(parent):
    for token in ("", "a" * 5000, "%00", "..%2f..", "é"):
        assert parent.opens(f"/mot-de-passe-perdu/x/lien/{token}").page.status_code in (404, 410)
