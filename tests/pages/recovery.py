"""The ways to the pages of recovery and of the changes in «Mon compte», for the table of pages."""

from typing import Any

from sqlalchemy import select

from idp.accounts.models import Account
from idp.db import db
from idp.registry.models import Responsable
from tests.journeys.conftest import Parent
from tests.pages.town import Town

ADDRESS, NEW_ADDRESS = "valery.durant@example.org", "valery.durant@hotmail.com"
NEW = "tulipes59"


def owner(town: Town, **values: Any) -> Parent:
    """Valéry DURANT, logged in, with a confirmed address; `values` change her account."""
    parent = town.parent.until_end()
    with parent.app.app_context():
        account = db.session.scalars(select(Account)).one()
        known = {"email": ADDRESS, "email_verified_at": town.use("clock").instant} | values
        for name, value in known.items():
            setattr(account, name, value)
        db.session.commit()
    town.use("clock").advance(minutes=5)
    return parent


def visitor(town: Town, **values: Any) -> Parent:
    """Somebody in front of a fresh browser, once she has her account."""
    owner(town, **values)
    other: Parent = town.use("another_browser")
    return other


def loses_identifiant(person: Parent, address: str = ADDRESS) -> Parent:
    person.opens("/identifiant-oublie")
    return person.sends(person.path, email=address)


def loses_password(person: Parent, identifiant: str = "v.durant1", by: str = "mail") -> Parent:
    person.opens("/mot-de-passe-perdu")
    return person.sends(person.path, identifiant=identifiant, par=by)


def with_link(town: Town) -> Parent:
    person = loses_password(visitor(town))
    return person.opens(person.last_link())


def chooses(person: Parent, password: str = NEW, confirmation: str = NEW, **more: str) -> Parent:
    return person.sends(person.path, nouveau_mot_de_passe=password, confirmation=confirmation, **more)


def knows_a_leaked_password(town: Town, **values: Any) -> Parent:
    return visitor(town, new_password_due_at=town.use("clock").instant, **values).logs_in()


def with_expired_code(town: Town) -> Parent:
    person = loses_password(visitor(town), by="sms")
    town.use("clock").advance(minutes=31)
    return person.opens(person.path)


def opens(town: Town, path: str, **values: Any) -> Parent:
    return owner(town, **values).opens(path)


def changes_password(town: Town, current: str = "chevalbleu7", new: str = NEW) -> Parent:
    return chooses(opens(town, "/compte/mot-de-passe"), new, NEW, mot_de_passe_actuel=current)


def changes_address(town: Town, address: str = NEW_ADDRESS, again: str = "") -> Parent:
    person = opens(town, "/compte/adresse-mail")
    return person.sends(person.path, email=address, email_confirmation=again or address)


def sends_again(town: Town) -> Parent:
    person = changes_address(town).opens("/compte/adresse-mail")
    return person.sends(f"{person.path}/renvoyer")


def opens_link_to(town: Town, address: str) -> Parent:
    link = changes_address(town).last_link(address)
    other: Parent = town.use("another_browser")
    return other.opens(link)


def clicks_link_to(town: Town, address: str) -> Parent:
    person = opens_link_to(town, address)
    return person.sends(person.path)


def denies_too_late(town: Town) -> Parent:
    person = clicks_link_to(town, NEW_ADDRESS)
    person.opens(person.last_link(ADDRESS))
    return person.sends(person.path)


def with_another_mobile(town: Town) -> Parent:
    person = owner(town)
    with person.app.app_context():
        db.session.scalars(select(Responsable)).one().mobile = "+33639985678"
        db.session.commit()
    return person.opens("/compte/mobile")
