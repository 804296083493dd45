"""Somebody with two accounts, and what becomes of their children."""

import datetime as dt

from sqlalchemy import select

from idp import clock
from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.letters.models import Letter
from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.flows import merging
from idp.registry.models import Link, Pupil, Responsable, School
from tests.journeys.conftest import Parent, add_child, add_responsable

SEARCH = "/compte/enfants/ajouter"
OTHER_PASSWORD = "chevalvert8"
ZOE = {"Zoé": dt.date(2019, 5, 2)}


def add_account(app, first_name="Valéry", child="Zoé", uai="0590002B", state="active", email=None, mobile=None):
    """An account of its own for somebody whom another school knows; its identifiant."""
    with app.app_context():
        if db.session.get(School, uai) is None:
            db.session.add(School(uai=uai, name="Collège Les Trois Tilleuls", degree=2))
            db.session.flush()
        responsable = add_responsable(uai, first_name, mobile)
        add_child(responsable, child, ZOE["Zoé"])
        hashed = passwords.hash(OTHER_PASSWORD, app.config["IDP"].passwords)
        account = accounts.create([responsable], password_hash=hashed, state=state)
        account.email = email
        if state == "notified":
            now = clock.now()
            db.session.add(Letter(account_id=account.id, responsable_id=responsable.id, uai=uai, printed_at=now,
                                  ends_at=now + dt.timedelta(days=90)))  # fmt: skip
        db.session.commit()
        return account.identifiant


def children_of(app, identifiant):
    """First names of the children under that account, as the registry and the accounts' records say."""
    with app.app_context():
        query = (
            select(Pupil.first_name)
            .join_from(Account, AccountResponsable)
            .join(Responsable, Responsable.id == AccountResponsable.responsable_id)
            .where(Account.identifiant == identifiant)
        )
        query = query.join(Link, Link.responsable_id == Responsable.id).join(Pupil, Pupil.id == Link.pupil_id)
        return sorted(db.session.scalars(query))


def state_of(app, identifiant):
    with app.app_context():
        return db.session.scalar(select(Account.state).where(Account.identifiant == identifiant))


def undo(app, identifiant):
    with app.app_context():
        merging.undo(identifiant, language="fr")
        db.session.commit()


class Merger(Parent):
    """Valéry DURANT, logged in with v.durant1."""

    def searches(self, identifiant="v.durant2", password=OTHER_PASSWORD):
        self.opens(SEARCH)
        return self.sends(SEARCH, identifiant=identifiant, mot_de_passe=password)

    def adds(self):
        return self.sends("/".join(self.path.split("/")[:5]) + "/ajouter")

    def merges(self, identifiant="v.durant2"):
        return self.searches(identifiant).adds()
