"""The pages of «Mon compte»: a name and the way to each."""

import datetime as dt
from typing import Any

from sqlalchemy import delete

from idp.accounts.models import AccountResponsable
from idp.db import db
from tests.journeys.merger import OTHER_PASSWORD, Merger, add_account
from tests.pages.town import Town


def owner(town: Town) -> Any:
    """Valéry DURANT, logged in."""
    return town.parent.until_end()


def merger(town: Town, **other: Any) -> Merger:
    """The same with a second account, from another school."""
    for name in ("family", "clock"):
        town.use(name)
    person = Merger(town.use("app"))
    person.until_end()
    add_account(town.use("app"), **other)
    return person


def without_children(town: Town) -> Any:
    parent = owner(town)
    with town.use("app").app_context():
        db.session.execute(delete(AccountResponsable))
        db.session.commit()
    return parent.opens("/compte/enfants")


def wrong_dates(town: Town) -> Any:
    person = merger(town, state="notified").searches()
    return person.sends(person.path + "/dates", **person.typed_dates({"Zoé": dt.date(2019, 1, 1)}))


def connections(town: Town) -> Any:
    parent = owner(town)
    town.use("another_browser").logs_in()
    return parent.opens("/compte/connexions")


def merged_login(town: Town) -> Any:
    merger(town).merges()
    return town.use("another_browser").logs_in("v.durant2", OTHER_PASSWORD)


def fresh_login(town: Town) -> Any:
    parent = owner(town)
    town.use("clock").advance(minutes=16)
    return parent.opens("/compte/donnees")


PAGES = (
    ("compte-informations", lambda town: owner(town).opens("/compte")),
    ("compte-enfants", lambda town: owner(town).opens("/compte/enfants")),
    ("compte-sans-enfant", without_children),
    ("compte-connexions", connections),
    ("compte-donnees", lambda town: owner(town).opens("/compte/donnees")),
    ("compte-mot-de-passe-redemande", fresh_login),
    ("compte-regroupement", lambda town: owner(town).opens("/compte/enfants/ajouter")),
    ("compte-regroupement-erreur", lambda town: merger(town).searches(password="notthisone1")),
    ("compte-regroupement-ajouter", lambda town: merger(town).searches()),
    ("compte-regroupement-dates", lambda town: merger(town, state="notified").searches()),
    ("compte-regroupement-dates-incorrectes", wrong_dates),
    ("compte-regroupe", lambda town: merger(town).merges()),
    ("connexion-compte-regroupe", merged_login),
)
