"""Services and schools by the API."""

import pytest
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db

LINK = {"title": "Cantine", "link": "https://cantine.example.fr/"}
ONE = "/services/cantine"
SCHOOL = {"name": "Collège les Trois Tilleuls", "degree": 2, "commune": "Lille"}


def acts(program, kind):
    with program.party.app.app_context():
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event.like(f"{kind}.%")).order_by(AuditEntry.id))
        return [(line.event, line.actor) for line in lines]


def test_a_service_is_kept_in_code(program):
    made = program.calls("PUT", ONE, LINK)
    again = program.calls("PUT", ONE, LINK)

    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json == made.json
    assert program.calls("PUT", ONE, made.json).json == made.json
    assert acts(program, "service") == [("service.added", "client:outillage")]


def test_a_service_is_patched_listed_and_removed(program):
    program.calls("PUT", ONE, {**LINK, "degrees": [1]})

    patched = program.calls("PATCH", ONE, {"on": False, "degrees": None}).json

    assert (patched["state"], patched["degrees"]) == ("off", [])
    assert program.calls("GET", "/services").json["items"] == [patched]
    assert program.calls("DELETE", ONE).status_code == 204
    assert program.calls("GET", ONE).json["code"] == "unknown_service"


def test_nobody_overwrites_a_service_that_they_have_not_seen(program):
    program.calls("PUT", ONE, LINK)
    seen = program.calls("GET", ONE).headers["ETag"]
    program.calls("PATCH", ONE, {"title": "Menus"})

    for method, body in (("PUT", LINK), ("PATCH", LINK), ("DELETE", None)):
        assert program.calls(method, ONE, body, **{"If-Match": seen}).status_code == 412
    assert program.calls("GET", ONE).json["title"] == "Menus"


def test_every_member_of_a_service_that_is_wrong_is_told(program):
    answer = program.calls("PUT", ONE, {"title": "", "link": "javascript:alert(1)", "uais": ["x"]})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_service")
    assert {problem.partition(":")[0] for problem in answer.json["problems"]} == {"title", "link", "uais"}


def test_a_service_has_the_members_that_the_document_names(program):
    schemas = program.party.browser.get("/api/admin/v1/openapi.json").json["components"]["schemas"]

    told = schemas["ServiceMembers"]["properties"].keys() | schemas["Service"]["allOf"][1]["properties"].keys()
    assert program.calls("PUT", ONE, LINK).json.keys() == told
    told = schemas["SchoolMembers"]["properties"].keys() | schemas["School"]["allOf"][1]["properties"].keys()
    assert program.calls("PUT", "/schools/0599902T", SCHOOL).json.keys() == told


def test_reading_lets_nobody_write(program_with):
    reader = program_with("admin.services.read", "admin.schools.read")

    assert reader.calls("GET", "/services").status_code == 200
    assert reader.calls("PUT", ONE, LINK).json["code"] == "insufficient_scope"
    assert reader.calls("PUT", "/schools/0599902T", SCHOOL).json["code"] == "insufficient_scope"


def test_schools_are_created_corrected_searched_and_paged(program):
    for uai, name in (("0599902T", "Collège les Trois Tilleuls"), ("0599901S", "École Roger Salengro")):
        program.calls("PUT", f"/schools/{uai}", {**SCHOOL, "name": name})

    first = program.calls("GET", "/schools?limit=1").json
    second = program.calls("GET", f"/schools?limit=1&after={first['next']}").json

    assert [item["uai"] for item in (*first["items"], *second["items"])] == ["0599901S", "0599902T"]
    assert [item["uai"] for item in program.calls("GET", "/schools?q=tilleuls").json["items"]] == ["0599902T"]
    assert first["items"][0]["academie"] == "Lille"
    assert program.calls("PUT", "/schools/0599901S", {**SCHOOL, "name": "École Salengro"}).json["commune"] == "Lille"
    assert acts(program, "school")[-1] == ("school.changed", "client:outillage")


@pytest.mark.parametrize(
    ("uai", "changes"),
    [
        ("0599902S", {}),
        ("x", {}),
        ("0599902T", {"name": ""}),
        ("0599902T", {"degree": True}),
        ("0599902T", {"commune": "x" * 101}),
        ("0599902T", {"commune": 3}),
        ("0599902T", {"colour": "red"}),
    ],
)
def test_a_school_that_is_wrong_is_refused(program, uai, changes):
    answer = program.calls("PUT", f"/schools/{uai}", {**SCHOOL, **changes})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_school")
    assert program.calls("GET", "/schools").json["items"] == []
