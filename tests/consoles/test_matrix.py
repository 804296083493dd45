"""Who opens what: role × page × act × object of another school or académie, made from the application's own URL map."""

import pytest

from idp.db import db
from idp.staff import borders
from idp.staff.models import ROLES
from tests.consoles.conftest import ELSEWHERE, SCHOOL, Colleague
from tests.consoles.matrix import address, doors, is_named, knocks, logged_in, objects, picture  # noqa: F401

WITHOUT_BORDER = (borders.no_object, borders.administered)


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
        if role not in door.guard.roles or not is_named(door) or door.guard.border in WITHOUT_BORDER:
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
