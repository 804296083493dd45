"""Support's pages of an account, an application's acts, and figures with something in them: the way to each."""

import datetime as dt
from typing import Any

from sqlalchemy import select

from idp import audit
from idp.accounts import service as accounts
from idp.accounts.merges import Merge
from idp.accounts.models import Account, LoginAttempts
from idp.audit import figures
from idp.db import db
from idp.registry.models import Enrolment, Link, Responsable
from idp.relying_parties import service as relying_parties
from tests.consoles.conftest import Colleague
from tests.pages.consoles import ROOT, imported
from tests.pages.town import Town

STORY = (
    *(
        "letter.printed",
        "letter.used",
        "account.email_given",
        "account.email_validation_sent",
        "account.email_validated",
    ),
    *("login.succeeded", "login.failed", "login.failed", "login.failed", "login.locked", "account.unlocked"),
    *("recovery.reset_asked", "recovery.password_reset", "passkey.added", "passkey.refused", "account.viewed"),
)
"""What a long life leaves, of every tone."""


def agent(town: Town, path: str = "", **facts: Any) -> Colleague:
    """An agent with the open file of Valéry DURANT, who came by SMS; `facts` are columns of the account."""
    town.parent.until_end()
    clock = town.use("clock")
    with town.use("app").app_context():
        account = db.session.query(Account).one()
        for event in STORY:
            clock.advance(hours=7)
            audit.record(event, account_id=account.id)
        audit.record("account.suspended", account_id=account.id, by="staff:x", reason="ticket 2026-418")
        for name, value in facts.items():
            setattr(account, name, value)
        account_id = account.id
        db.session.commit()
    person: Colleague = town.use("support").logs_in()
    file = f"/gestion/comptes/{account_id}"
    person.opens(file).sends(file, motif="call", demande="2026-418")
    return person.opens(file + path) if path else person


def refused(town: Town) -> Colleague:
    person = agent(town, "/suspendre")
    return person.sends(person.path, raison=" ")


def locked(town: Town) -> Colleague:
    """A file in trouble: suspended, an address that takes no mail, wrong passwords."""
    clock = town.use("clock")
    person = agent(town, state="suspended", email="valery.durant@exemple-de-fournisseur-tres-long.example.org")
    with person.app.app_context():
        account = db.session.query(Account).one()
        account.email_bounced_at = clock()
        until = clock() + dt.timedelta(minutes=15)
        tried = {"failures": 10, "first_at": clock(), "next_at": until, "locked_until": until}
        db.session.add(LoginAttempts(target=f"account:{account.id}", **tried))
        db.session.commit()
    return person.opens(person.path)


def merged(town: Town) -> Colleague:
    """An account into which two others were closed."""
    person = agent(town)
    with person.app.app_context():
        now, kept = person.clock(), db.session.query(Account).one()
        for number in (2, 3):
            other = Account(identifiant=f"v.durant{number}", family_name="DURANT", first_name="Valéry", state="merged")
            other.created_at = other.updated_at = now
            db.session.add(other)
            db.session.flush()
            until, was = now + dt.timedelta(days=30), {"merged_state": "active", "responsable_ids": []}
            merge = Merge(kept_id=kept.id, merged_id=other.id, merged_at=now, undoable_until=until, **was)
            db.session.add(merge)
        db.session.commit()
    return person


def undoes(town: Town) -> Colleague:
    person = merged(town)
    return person.opens(person.path + "/regroupement")


def motive(town: Town, **fields: str) -> Colleague:
    person = agent(town)
    person.clock.advance(minutes=31)
    path = person.path
    return person.logs_in().opens(path).sends(path, **fields) if fields else person.logs_in().opens(path)


def searched(town: Town, text: str) -> Colleague:
    town.parent.until_end()
    person: Colleague = town.use("support").logs_in()
    return person.opens(f"/gestion/recherche?q={text}")


def busy(town: Town) -> Colleague:
    """A day of a busy house, with a quiet night, an evening's peak and one lonely hour."""
    person: Colleague = town.use("administrator").logs_in()
    shape = (
        0,
        0,
        0,
        0,
        0,
        1,
        40,
        300,
        520,
        410,
        380,
        350,
        300,
        320,
        340,
        420,
        700,
        1280,
        2400,
        3100,
        1800,
        900,
        200,
        20,
    )
    kinds = {
        "login.succeeded": 1.0,
        "login.failed": 0.08,
        "login.locked": 0.01,
        "code.sent": 0.3,
        "account.created": 0.1,
    }
    with person.app.app_context():
        hour = figures.hour_of(person.clock())
        for back, number in enumerate(reversed(shape)):
            at = hour - dt.timedelta(hours=back)
            figures.add(figures.Counted({(at, kind): round(number * share) for kind, share in kinds.items()}))
        figures.add(figures.Counted({(hour - dt.timedelta(hours=3), "client.authentication_failed"): 1}))
        db.session.commit()
    return person.opens("/gestion/chiffres")


def client_act(town: Town, act: str) -> Colleague:
    person: Colleague = town.use("administrator").logs_in()
    with person.app.app_context():
        relying_parties.register("cantine", "Cantine", {"redirect_uris": ["https://cantine.example.fr/retour"]})
        db.session.commit()
    return person.opens(f"/gestion/applications/cantine/{act}")


def activation(town: Town) -> Colleague:
    """Classes from nobody to everybody, some in between."""
    person = imported(town)
    with person.app.app_context():
        classes: dict[str, list[Responsable]] = {}
        known = select(Enrolment.class_label, Responsable).join(Link, Link.pupil_id == Enrolment.pupil_id)
        known = known.join(Responsable, Responsable.id == Link.responsable_id)
        ended = (Enrolment.ended_at, Link.ended_at, Responsable.ended_at)
        for label, adult in db.session.execute(known.where(*(moment.is_(None) for moment in ended)).distinct()):
            classes.setdefault(label, []).append(adult)
        in_use = set[str]()
        for place, adults in enumerate(classes[label] for label in sorted(classes)):
            for adult in adults[: len(adults) * place // (len(classes) - 1)]:
                if adult.id not in in_use:
                    accounts.create([adult], password_hash=None)
                    in_use.add(adult.id)
        db.session.commit()
    return person.opens(f"{ROOT}/comptes")


PAGES: tuple[tuple[str, Any], ...] = (
    ("assistance-recherche", lambda town: searched(town, "durant")),
    ("assistance-recherche-proche", lambda town: searched(town, "durnat")),
    ("assistance-recherche-personne", lambda town: searched(town, "personne")),
    ("assistance-motif", motive),
    ("assistance-motif-refuse", lambda town: motive(town, motif="", demande="deux mots")),
    ("assistance-dossier", agent),
    ("assistance-dossier-verrou", locked),
    ("assistance-dossier-regroupe", merged),
    ("assistance-courriel", lambda town: agent(town, "/courriel", email="v@example.org")),
    ("assistance-verrou", lambda town: agent(town, "/verrou")),
    ("assistance-suspendre", lambda town: agent(town, "/suspendre")),
    ("assistance-suspendre-refuse", refused),
    ("assistance-reprendre", lambda town: agent(town, "/reprendre", state="suspended")),
    ("assistance-regroupement", undoes),
    ("administration-chiffres", busy),
    ("administration-secret", lambda town: client_act(town, "secret")),
    ("administration-desactiver", lambda town: client_act(town, "desactiver")),
    ("administration-retirer", lambda town: client_act(town, "retirer")),
    ("ecole-comptes-actives", activation),
)
