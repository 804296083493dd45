"""Passkeys that an account has: renamed, removed, and never another's."""

import re

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account
from idp.db import db
from idp.delivery.models import Message
from tests.journeys.key_holder import PATH, KeyHolder, elsewhere, holder, kept, key, passkeys, settings  # noqa: F401
from tests.journeys.merger import OTHER_PASSWORD, SEARCH, add_account

REFUSED = "Cette clé d’accès n’ouvre pas de compte ici."


def test_a_key_is_renamed(kept, holder, app):
    path = re.search(r'href="(/compte/connexions/cles/[0-9a-f]{32})"', holder.opens(PATH).text)[1]

    holder.opens(path).sends(path + "/renommer", nom="  Mon <b>portable</b> ")

    assert holder.sees("La clé d’accès a un nouveau nom.")
    assert "Mon &lt;b&gt;portable&lt;/b&gt;" in holder.page.text


def test_a_removed_key_opens_nothing_and_its_owner_is_told(kept, holder, elsewhere, app):
    with app.app_context():
        db.session.execute(update(Account).values(email="valery@example.org"))
        db.session.commit()
    path = re.search(r'href="(/compte/connexions/cles/[0-9a-f]{32})"', holder.opens(PATH).text)[1]

    holder.opens(path).sends(path + "/supprimer")

    assert holder.sees("La clé d’accès est supprimée.")
    assert elsewhere.logs_in_with(kept).sees(REFUSED)
    with app.app_context():
        assert db.session.scalars(select(Message).where(Message.purpose == "passkey_removed")).one()


def test_removing_needs_a_fresh_login(kept, holder, app, clock):
    path = re.search(r'href="(/compte/connexions/cles/[0-9a-f]{32})"', holder.opens(PATH).text)[1]
    holder.opens(path)
    clock.advance(minutes=5)

    assert holder.sends(path + "/supprimer").sees("login-form")
    assert len(passkeys(app)) == 1


@pytest.mark.parametrize("act", ["", "/renommer", "/supprimer"])
def test_another_s_key_is_told_as_none(kept, app, act):
    """ATTACKS 104: IDOR."""
    add_account(app, first_name="Paul")
    paul = KeyHolder(app)
    paul.logs_in("p.durant1", OTHER_PASSWORD)
    theirs = passkeys(app)[0].id

    for id_ in (theirs, "0" * 32):
        path = f"{PATH}/cles/{id_}{act}"
        page = paul.opens(SEARCH).sends(path, nom="mine").page if act else paul.opens(path).page
        assert page.status_code == 404
    assert [passkey.name for passkey in passkeys(app)] == ["Téléphone"]
