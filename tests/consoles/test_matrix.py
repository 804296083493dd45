"""Who opens what: role × page × act × object of another school or académie, made from the application's own URL map.

A page that is added under /gestion is in the matrix by itself; one whose objects nobody made here fails the test.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from idp.accounts import service as accounts
from idp.clock import now
from idp.db import Base, db
from idp.registry import waiting_files
from idp.registry.models import Enrolment, Question, Responsable
from idp.staff import borders
from idp.staff.models import ROLES, StaffAccount, StaffPasskey
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
def objects(app: Flask, hire: Hire, family: list[str]) -> dict[str, Objects]:
    """One of each thing that addresses name: `here`, in the head's school, and `elsewhere`, in another académie."""
    hire("directrice", "school_head", uais=[SCHOOL])
    hire("assistance", "support", academie="Lille")
    hire("administrateur", "administrator")
    hire("lointaine", "school_head", uais=[ELSEWHERE])
    with app.app_context():
        theirs = add_responsable(ELSEWHERE, "Inconnue", "+33639987777")
        add_child(theirs, "Loin", now().date().replace(year=2017))
        db.session.flush()
        made = {place: _objects(uai) for place, uai in (("here", SCHOOL), ("elsewhere", ELSEWHERE))}
        db.session.commit()
    return made


def _objects(uai: str) -> Objects:
    responsable = db.session.scalars(select(Responsable).where(Responsable.uai == uai)).first()
    assert responsable is not None
    pupil_id = db.session.scalars(select(Enrolment.pupil_id).where(Enrolment.uai == uai)).first()
    account = accounts.create([responsable], password_hash=None, state="active")
    question = Question(uai=uai, kind="child", key=uai, text="?", candidates=[], asked_at=now())
    login = "directrice" if uai == SCHOOL else "lointaine"
    owner = db.session.scalars(select(StaffAccount).where(StaffAccount.login == login)).one()
    key = StaffPasskey(
        staff_id=owner.id, credential_id=uai.encode(), public_key=b"k", sign_count=0, name="Clé", created_at=now()
    )
    db.session.add_all([question, key])
    waiting = waiting_files.keep(uai, [("a.csv", b"x")], by=owner.by)
    db.session.flush()
    return {
        "uai": uai,
        "responsable_id": responsable.id,
        "pupil_id": str(pupil_id),
        "account_id": account.id,
        "question_id": question.id,
        "waiting_id": waiting.id,
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


@pytest.mark.parametrize("who", ["anonymous", "parent"])
def test_nobody_from_outside_opens_a_page(app, clock, objects, who, request) -> None:  # type: ignore[no-untyped-def]
    """ATTACKS 124, 126: each page but those before the login leads to the login."""
    person = Colleague(app, clock)
    if who == "parent":
        person = request.getfixturevalue("parent").logs_in()
    before = picture(app)

    for door in doors(app):
        if not door.guard.stages:
            continue
        path = address(app, door, objects["here"])
        token = Colleague.token(person) if door.method == "POST" else ""
        assert knocks(person, door, path, csrf_token=token) == 303, door.name

    assert picture(app) == before


@pytest.mark.parametrize("role", ROLES)
def test_another_roles_page_is_refused(app, clock, objects, role) -> None:  # type: ignore[no-untyped-def]
    """ATTACKS 125."""
    person = logged_in(app, clock, role)
    before = picture(app)

    for door in doors(app):
        if door.guard.roles and role not in door.guard.roles:
            path = address(app, door, objects["here"])
            assert knocks(person, door, path, csrf_token=person.opens("/gestion/ma-session").token()) == 403, door.name

    assert picture(app) == before


@pytest.mark.parametrize("role", ROLES)
def test_what_lies_beyond_the_border_does_not_exist(app, clock, objects, role) -> None:  # type: ignore[no-untyped-def]
    """ATTACKS 124: another school's or académie's object is answered as one that is nowhere; nothing changes."""
    person = logged_in(app, clock, role)
    nowhere = {name: "0" * len(value) for name, value in objects["elsewhere"].items()}
    mixed = objects["elsewhere"] | {"uai": SCHOOL}
    before = picture(app)
    for door in doors(app):
        if role not in door.guard.roles or not is_named(door) or door.guard.border is borders.no_object:
            continue
        for things in (objects["elsewhere"], nowhere, mixed):
            if door.rule.arguments == {"uai"} and things is mixed:
                continue
            token = person.opens("/gestion/ma-session").token()
            path = address(app, door, things)
            assert knocks(person, door, path, csrf_token=token) == 404, f"{door.name} {things}"

    assert picture(app) == before


@pytest.mark.parametrize("role", ROLES)
def test_each_page_of_a_role_opens_for_what_is_its_own(app, clock, objects, role) -> None:  # type: ignore[no-untyped-def]
    """The matrix refuses nothing that it should not: the same addresses answer within the border."""
    person = logged_in(app, clock, role)
    own = dict(objects["here"])
    if role != "school_head":
        own.pop("passkey_id")

    for door in doors(app):
        if role in door.guard.roles and door.method == "GET" and door.rule.arguments <= own.keys():
            assert knocks(person, door, address(app, door, own)) in (200, 303), door.name


def test_a_form_without_its_token_is_refused_everywhere(app, clock, objects) -> None:  # type: ignore[no-untyped-def]
    """ATTACKS 73."""
    people = {role: logged_in(app, clock, role) for role in ROLES}
    before = picture(app)

    for door in doors(app):
        if door.method != "POST":
            continue
        for role in door.guard.roles or ("school_head",):
            path = address(app, door, objects["here"])
            assert knocks(people[role], door, path) == 400, door.name
            foreign = people[role].browser.post(path, data={}, headers={"Origin": "https://evil.example"})
            assert foreign.status_code == 400, door.name

    assert picture(app) == before


def test_a_page_whose_address_names_a_thing_has_a_border(app) -> None:  # type: ignore[no-untyped-def]
    """What is written once cannot be forgotten: a page of an object names the border that it is checked against."""
    open_pages = [door for door in doors(app) if door.guard.roles and is_named(door)]

    assert open_pages
    assert [door.name for door in open_pages if door.guard.border is borders.no_object] == []


def test_each_look_beyond_the_border_is_in_the_audit(app, clock, objects) -> None:  # type: ignore[no-untyped-def]
    """ATTACKS 124."""
    person = logged_in(app, clock, "school_head")

    person.opens(f"/gestion/ecoles/{ELSEWHERE}/familles")

    with app.app_context():
        count = db.session.connection().exec_driver_sql(
            "SELECT count(*) FROM audit_entries WHERE event = 'staff.beyond_border'"
        )
        assert count.scalar_one() == 1
