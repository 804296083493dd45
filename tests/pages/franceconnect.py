"""The pages of a login by FranceConnect: a name and the way to each. Nobody asks FranceConnect itself here."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from idp import clock
from idp.accounts.models import Account
from idp.db import db
from idp.flows.errors import DifferentPerson, MobileTooRecent, SeveralAdults, TriesUsedUp
from idp.flows.models import Flow
from idp.franceconnect import service as links
from idp.franceconnect.callback import Login
from idp.franceconnect.errors import (
    AlreadyLinked,
    NotAnswering,
    NotLinked,
    RequestExpired,
    Unverifiable,
    UpstreamMisconfigured,
)
from idp.franceconnect.identity import Identity
from idp.franceconnect.models import UpstreamState
from tests.franceconnect.visitor import Visitor
from tests.journeys.conftest import BIRTH_DATES, LETTER
from tests.pages.town import Sight, Town

ISSUER = "https://fc.example/api/v2"
VALERY = Identity(issuer=ISSUER, sub="1v1", given_names=("Valéry",), family_name="DURANT", acr="eidas1")


def recognised(town: Town, identity: Identity = VALERY) -> Visitor:
    """FranceConnect has sent somebody back, whom no account is linked to."""
    for name in ("family", "clock"):
        town.use(name)
    visitor = Visitor(town.use("app"))
    visitor.opens("/connexion")
    flow_id = visitor.flow_id
    with visitor.app.app_context():
        links.keep_login(flow_id, "franceconnect", Login(identity, "x"))
        db.session.commit()
    visitor.opens(f"/franceconnect/{flow_id}/identite")
    return visitor


def asked_for_dates(town: Town) -> Visitor:
    return recognised(town).gives_mobile().types_code()


def wrong_dates(town: Town) -> Visitor:
    visitor = asked_for_dates(town)
    wrong = dict.fromkeys(BIRTH_DATES, BIRTH_DATES["Camille"])
    return visitor._sends("dates", **visitor.typed_dates(wrong))


def account(town: Town, **typed: str) -> Any:
    visitor = recognised(town)
    visitor.opens(visitor.path.replace("identite", "compte"))
    return visitor._sends("compte", **typed) if typed else visitor


def letter(town: Town) -> Any:
    for name in ("family", "clock"):
        town.use(name)
    town.use("print_letters")()
    return account(town, identifiant="v.durant1", mot_de_passe=LETTER)


def told(town: Town, template: str, refusal: Any, **values: Any) -> Sight:
    """A page about a refusal that is hard to come to."""
    town.use("clock")
    app: Flask = town.use("app")
    upstream = app.extensions["idp"].upstreams.get("franceconnect")
    facts = {"flow": Flow(id="f" * 32), "upstream": upstream, "identity": VALERY, "typed": {}, **values}
    return town.rendered(f"franceconnect/{template}.html", refusal=refusal, kind=type(refusal).__name__, **facts)


def linked(town: Town, *, with_password: bool = True) -> Any:
    """«Mon compte» of Valéry DURANT, whose account is linked."""
    parent = town.parent.until_end()
    with parent.app.app_context():
        owner = db.session.scalars(select(Account)).one()
        owner.password_hash = owner.password_hash if with_password else None
        links.link(owner.id, VALERY)
        db.session.commit()
    return parent.opens("/franceconnect/compte")


def down(town: Town) -> Any:
    with town.use("app").app_context():
        now = clock.now()
        db.session.add(UpstreamState(upstream="franceconnect", checked_at=now, down_since=now))
        db.session.commit()
    return town.parent.opens("/connexion")


def away(town: Town) -> Any:
    """The parent went to FranceConnect and comes back by the browser's own button."""
    parent = town.parent.opens("/connexion")
    with parent.app.app_context():
        flow = db.session.get_one(Flow, parent.flow_id)
        flow.state = {"upstream_request": {"upstream": "franceconnect"}}
        db.session.commit()
    return parent.opens(parent.path)


def cancelled(town: Town) -> Any:
    parent = town.parent.opens("/connexion")
    return parent.opens(f"{parent.path}?annule=franceconnect")


def refused_link(town: Town) -> Any:
    parent = linked(town)
    action = f"/franceconnect/compte/{'0' * 32}/retirer"
    parent.page = parent.browser.post(action, data={"csrf_token": parent.token(), "mot_de_passe": "wrong-one1"})
    return parent


PAGES = (
    ("connexion-franceconnect-annule", cancelled),
    ("connexion-franceconnect-en-panne", down),
    ("connexion-franceconnect-ne-revient-pas", away),
    ("franceconnect-identite", recognised),
    (
        "franceconnect-identite-epuisee",
        lambda town: told(town, "identite", TriesUsedUp(ends_at=town.use("clock").instant)),
    ),
    (
        "franceconnect-identite-attente",
        lambda town: told(town, "identite", MobileTooRecent(ends_at=town.use("clock").instant)),
    ),
    ("franceconnect-code", lambda town: recognised(town).gives_mobile()),
    ("franceconnect-code-incorrect", lambda town: recognised(town).gives_mobile().types_code("000000")),
    ("franceconnect-dates", asked_for_dates),
    ("franceconnect-dates-incorrectes", wrong_dates),
    ("franceconnect-terminee", lambda town: asked_for_dates(town).types_dates()),
    ("franceconnect-introuvable", lambda town: recognised(town).gives_mobile("06 39 98 99 99")),
    ("franceconnect-homonymes", lambda town: told(town, "no_match", SeveralAdults())),
    ("franceconnect-compte", account),
    ("franceconnect-compte-incorrect", lambda town: account(town, identifiant="v.durant1", mot_de_passe="wrong-one1")),
    ("franceconnect-compte-lettre", letter),
    ("franceconnect-autre-personne", lambda town: told(town, "stopped", DifferentPerson())),
    ("franceconnect-deja-lie", lambda town: told(town, "stopped", AlreadyLinked())),
    ("franceconnect-non-lie", lambda town: told(town, "stopped", NotLinked())),
    ("franceconnect-expiree", lambda town: told(town, "expired", RequestExpired())),
    ("franceconnect-muet", lambda town: told(town, "failed", NotAnswering())),
    ("franceconnect-configuration", lambda town: told(town, "failed", UpstreamMisconfigured(), incident="X7K2-9QMB")),
    ("franceconnect-non-verifiee", lambda town: told(town, "failed", Unverifiable(), incident="X7K2-9QMB")),
    ("compte-franceconnect", lambda town: town.parent.until_end().opens("/franceconnect/compte")),
    ("compte-franceconnect-lie", linked),
    ("compte-franceconnect-sans-mot-de-passe", lambda town: linked(town, with_password=False)),
    ("compte-franceconnect-mot-de-passe-incorrect", refused_link),
)
