"""The pages of the consoles from the application's own URL map, and one of each thing that their addresses name.

A page that is added under /gestion is in it by itself; one whose objects nobody made here fails the tests.
"""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from idp.accounts import service as accounts
from idp.clock import now
from idp.db import Base, db
from idp.provider import keys
from idp.registry import waiting_files
from idp.registry.models import Enrolment, Question, Responsable
from idp.relying_parties import service as relying_parties
from idp.services import service as services
from idp.settings import Settings
from idp.staff import proposals
from idp.staff.models import StaffAccount, StaffPasskey
from idp.web.consoles.session import Guard, guard_of
from tests.consoles.conftest import ELSEWHERE, SCHOOL, Colleague, Hire
from tests.journeys.conftest import add_child, add_responsable

MAY_GROW = frozenset({"audit_entries", "counters", "staff_sessions", "flows"})
"""What a refused request may add: its line in the audit, its count."""


@dataclass(frozen=True)
class Door:
    """One method of one page."""

    method: str
    rule: Rule
    guard: Guard

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule.rule}"


def doors(app: Flask) -> list[Door]:
    """Every page under /gestion with its guard."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.rule.startswith("/gestion"):
            guard = guard_of(app.view_functions[rule.endpoint])
            assert guard is not None, f"{rule.rule} has no guard"
            found += [Door(method, rule, guard) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found


Objects = dict[str, str]


@pytest.fixture
def objects(app: Flask, hire: Hire, family: list[str], settings: Settings, key_files: Path) -> dict[str, Objects]:
    """One of each thing that addresses name: `here`, in the head's school, and `elsewhere`, in another académie."""
    shutil.copytree(key_files, settings.keys.directory, dirs_exist_ok=True)
    hire("directrice", "school_head", uais=[SCHOOL])
    hire("assistance", "support", academie="Lille")
    hire("administrateur", "administrator")
    hire("lointaine", "school_head", uais=[ELSEWHERE])
    hire("administratrice", "administrator")
    with app.app_context():
        theirs = add_responsable(ELSEWHERE, "Inconnue", "+33639987777")
        add_child(theirs, "Loin", now().date().replace(year=2017))
        db.session.flush()
        made = {place: _objects(uai) for place, uai in (("here", SCHOOL), ("elsewhere", ELSEWHERE))}
        members = {"initiate_login_uri": "https://cantine.example.fr/initiate"}
        members |= {"redirect_uris": ["https://cantine.example.fr/retour"]}
        relying_parties.register("cantine", "Cantine", members)
        tile = {"title": "Cantine", "title#en": "Canteen", "client_id": "cantine", "academies": ["Lille"]}
        services.put("cantine", tile, by="test", demo=False)
        services.put("menus", {"title": "Menus", "link": "https://menus.example.fr/"}, by="test", demo=False)
        people = {person.login: person for person in db.session.scalars(select(StaffAccount))}
        asked = proposals.propose("factor", people["lointaine"], settings, by=people["administratrice"])
        db.session.commit()
        whole_house = {
            "client_id": "cantine",
            "service_id": "cantine",
            "kid": keys.list_files(Path(settings.keys.directory))[0].kid,
            "staff_id": people["directrice"].id,
            "proposal_id": asked.id,
        }
    return {place: things | whole_house for place, things in made.items()}


def _objects(uai: str) -> Objects:
    responsable = db.session.scalars(select(Responsable).where(Responsable.uai == uai)).first()
    assert responsable is not None
    pupil_id = db.session.scalars(select(Enrolment.pupil_id).where(Enrolment.uai == uai)).first()
    account = accounts.create([responsable], password_hash=None, state="active")
    question = Question(uai=uai, kind="child", key=uai, text="?", candidates=[], school_year=2025, asked_at=now())
    login = "directrice" if uai == SCHOOL else "lointaine"
    owner = db.session.scalars(select(StaffAccount).where(StaffAccount.login == login)).one()
    key = StaffPasskey(
        staff_id=owner.id, credential_id=uai.encode(), public_key=b"k", sign_count=0, name="Clé", created_at=now()
    )
    db.session.add_all([question, key])
    waiting = waiting_files.keep(uai, [("a.csv", b"x")], by=owner.by)
    stranger = db.session.scalars(select(StaffAccount).where(StaffAccount.login == "assistance")).one()
    asked = waiting_files.keep(uai, [("b.csv", b"y")], by=stranger.by)
    shares = {"adults_ended": 0, "adults_known": 30, "links_ended": 0, "links_known": 40}
    departures = {"ended": 40, "known": 60, "classes": ["CP A"], **shares}
    waiting_files.ask(asked.id, {"departures": departures, "renumbered": False, "renames": False}, timedelta(hours=1))
    db.session.flush()
    return {
        "uai": uai,
        "responsable_id": responsable.id,
        "pupil_id": str(pupil_id),
        "account_id": account.id,
        "question_id": question.id,
        "waiting_id": waiting.id,
        "asked_id": asked.id,
        "passkey_id": key.id,
        "token": "none",
    }


def address(app: Flask, door: Door, things: Objects) -> str:
    """The door's address with these things in it."""
    values = choices(door.rule) | things
    missing = door.rule.arguments - values.keys()
    assert not missing, f"{door.name}: the matrix knows no {missing}; add one to `_objects`"
    return str(app.url_map.bind("").build(door.rule.endpoint, {name: values[name] for name in door.rule.arguments}))


def choices(rule: Rule) -> Objects:
    """The first of each argument that is one of a few words."""
    words = {name: getattr(converter, "items", None) for name, converter in rule._converters.items()}
    return {name: sorted(items)[0] for name, items in words.items() if items}


def knocks(person: Any, door: Door, path: str, **fields: str) -> int:
    """The status of the answer, redirects not followed."""
    if door.method == "GET":
        return int(person.browser.get(path).status_code)
    return int(person.browser.post(path, data=fields).status_code)


def picture(app: Flask) -> dict[str, int]:
    with app.app_context():
        tables = [table for table in Base.metadata.sorted_tables if table.name not in MAY_GROW]
        return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def is_named(door: Door) -> bool:
    """Whether the door's address names a thing that has an owner or a school."""
    return bool(door.rule.arguments)


def logged_in(app: Flask, clock: Any, role: str) -> Colleague:
    login = {"school_head": "directrice", "support": "assistance", "administrator": "administrateur"}[role]
    person = Colleague(app, clock, login).logs_in()
    assert person.status == 200
    return person
