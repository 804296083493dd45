"""Somebody who forgot the identifiant or the password of an account."""

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.db import db

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
