"""Client applications kept in code: `PUT` what they should be, as often as one likes."""

import pytest
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db

URI = "https://cantine.example.fr/retour"
CANTINE = {"client_name": "Cantine", "redirect_uris": [URI], "scope": "openid profile"}
ONE = "/clients/cantine"


def acts(program):
    with program.party.app.app_context():
        return [
            (e.event, e.actor) for e in db.session.scalars(select(AuditEntry).where(AuditEntry.client_id == "cantine"))
        ]


def test_a_client_is_made_and_its_secret_shown_once(program):
    made = program.calls("PUT", ONE, CANTINE)

    assert made.status_code == 201
    assert len(made.json["client_secret"]) >= 43
    assert "client_secret" not in program.calls("GET", ONE).json


def test_the_same_document_again_changes_nothing(program):
    program.calls("PUT", ONE, CANTINE)
    before = program.calls("GET", ONE)

    again = program.calls("PUT", ONE, CANTINE)

    assert again.status_code == 200
    assert again.json == before.json
    assert acts(program) == [("client.registered", "client:outillage")]


def test_what_was_read_can_be_put_back_as_it_is(program):
    program.calls("PUT", ONE, CANTINE)
    read = program.calls("GET", ONE).json

    assert program.calls("PUT", ONE, read).json == read


def test_a_document_that_leaves_something_out_takes_it_away(program):
    program.calls("PUT", ONE, {**CANTINE, "client_uri": "https://cantine.example.fr/"})

    assert "client_uri" not in program.calls("PUT", ONE, CANTINE).json


def test_a_patch_changes_one_member_and_null_takes_one_away(program):
    program.calls("PUT", ONE, {**CANTINE, "client_uri": "https://cantine.example.fr/"})

    patched = program.calls("PATCH", ONE, {"client_name": "Cantine en ligne", "client_uri": None}).json

    assert patched["client_name"] == "Cantine en ligne"
    assert "client_uri" not in patched
    assert patched["redirect_uris"] == [URI]


def test_every_member_that_is_wrong_is_told(program):
    answer = program.calls("PUT", ONE, {"redirect_uris": ["http://cantine.example.fr/"], "subject_type": "x", "a": 1})

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "invalid_client_metadata"
    assert any(problem.startswith("subject_type: ") for problem in answer.json["problems"])
    assert any(problem.startswith("a: ") for problem in answer.json["problems"])
    assert program.calls("GET", ONE).status_code == 404


@pytest.mark.parametrize("member", [{"first_party": "yes"}, {"scope": ["openid"]}, {"client_id": "autre"}])
def test_a_right_of_another_type_is_refused(program, member):
    assert program.calls("PUT", ONE, {**CANTINE, **member}).status_code == 422


def test_nobody_overwrites_what_they_have_not_seen(program):
    program.calls("PUT", ONE, CANTINE)
    seen = program.calls("GET", ONE).headers["ETag"]
    program.calls("PATCH", ONE, {"client_name": "Autre nom"})

    late = program.calls("PUT", ONE, CANTINE, **{"If-Match": seen})

    assert late.status_code == 412
    assert program.calls("GET", ONE).json["client_name"] == "Autre nom"


def test_a_secret_is_rotated_with_an_overlap(program):
    program.calls("PUT", ONE, CANTINE)

    fresh = program.calls("POST", f"{ONE}/secret", {"overlap_hours": 2})

    assert fresh.json["client_secret"]
    assert program.calls("GET", ONE).json["previous_secret_until"] is not None


@pytest.mark.parametrize("hours", [-1, 10_000, "2", True, 1.5])
def test_an_overlap_that_is_no_number_of_hours_is_refused(program, hours):
    program.calls("PUT", ONE, CANTINE)

    assert program.calls("POST", f"{ONE}/secret", {"overlap_hours": hours}).status_code == 400


def test_a_client_is_disabled_enabled_and_removed(program):
    program.calls("PUT", ONE, CANTINE)

    assert program.calls("POST", f"{ONE}/disable", {"reason": "secret publié"}).json["state"] == "disabled"
    assert program.calls("POST", f"{ONE}/enable").json["state"] == "on"
    assert program.calls("DELETE", ONE).status_code == 204
    assert program.calls("GET", ONE).status_code == 404
    assert program.calls("PUT", ONE, CANTINE).status_code == 409
    assert [event for event, _ in acts(program)][-3:] == ["client.disabled", "client.enabled", "client.removed"]


def test_a_program_does_not_remove_itself(program):
    assert program.calls("DELETE", "/clients/outillage").status_code == 409


def test_the_list_has_every_client(program):
    program.calls("PUT", ONE, CANTINE)

    assert {client["client_id"] for client in program.calls("GET", "/clients").json["items"]} == {
        "cantine",
        "outillage",
    }
