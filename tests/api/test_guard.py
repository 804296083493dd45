"""Who may call the API, and what everybody else is told (ATTACKS 45, 46, 103)."""

import re

import msgspec
import pytest

from idp.db import db
from idp.relying_parties import administration, resource_servers
from idp.relying_parties.errors import InvalidMetadata
from idp.settings import AdminApi
from idp.web.api import ROUTES
from tests.api.conftest import Program


def test_a_scope_opens_its_routes_and_no_others(program_with):
    program = program_with("admin.clients.read")

    for route in ROUTES:
        answer = program.calls(route.method, route.path.replace("{client_id}", "outillage"))
        if route.scope == "admin.clients.read":
            assert answer.status_code == 200, route
        else:
            assert answer.status_code == 403, route
            assert answer.json["code"] == "insufficient_scope"
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "r~x", "é", "x" * 9000])
def test_a_token_that_is_none_is_refused_as_a_problem(program, token):
    program.token = token

    answer = program.calls("GET", "/clients")

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "invalid_token"


def test_a_parents_token_opens_nothing_even_with_the_scope(register):
    party = register("portail", scope="openid admin.clients.write", resources=[resource_servers.ADMINISTRATION])
    party.log_in()
    scope = "openid admin.clients.write"
    tokens = party.redeem(party.code(scope=scope, resource=resource_servers.ADMINISTRATION)).json

    for token in (tokens["access_token"], tokens["id_token"]):
        assert Program(party, token).calls("GET", "/clients").status_code == 401


def test_a_token_for_another_api_is_refused(register, register_api, program):
    register_api("https://api.example.fr/", "api.read")
    party = register("cantine", scope="api.read", resources=["https://api.example.fr/"])
    token = party.post("/token", {"grant_type": "client_credentials", "scope": "api.read"}).json["access_token"]

    assert Program(party, token).calls("GET", "/clients").status_code == 401


def test_a_disabled_program_is_refused_at_once(program):
    with program.party.app.app_context():
        administration.disable("outillage", by="test")
        db.session.commit()
    program.party.app.extensions["idp"].provider.clients.forget()

    assert program.calls("GET", "/clients").status_code == 401


def test_a_revoked_token_is_refused(program):
    program.party.post("/revoke", {"token": program.token})

    assert program.calls("GET", "/clients").status_code == 401


def test_a_scope_taken_away_counts_before_the_token_ends(program):
    with program.party.app.app_context():
        administration.update("outillage", {"scope": "admin.keys.read"}, by="test", demo=True)
        db.session.commit()
    program.party.app.extensions["idp"].provider.clients.forget()

    assert program.calls("GET", "/clients").status_code == 403
    assert program.calls("GET", "/keys").status_code == 200


def test_nobody_registers_an_api_of_that_name_or_with_those_scopes(program):
    with program.party.app.app_context():
        for identifier, scope in (("urn:idp:administration", "x.read"), ("urn:autre", "admin.clients.write")):
            with pytest.raises(InvalidMetadata):
                resource_servers.register(identifier, "Faux", (scope,))


def test_too_many_requests_are_refused(program):
    services = program.party.app.extensions["idp"]
    limited = msgspec.structs.replace(services.settings, admin_api=AdminApi(requests_per_minute=2))
    services.provider.settings = limited

    answers = [program.calls("GET", "/keys").status_code for _ in range(3)]

    assert answers == [200, 200, 429]


def test_the_kill_switch_answers_nothing(program):
    services = program.party.app.extensions["idp"]
    services.provider.settings = msgspec.structs.replace(services.settings, admin_api=AdminApi(enabled=False))

    assert program.calls("GET", "/clients").status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b'{"client_name": "' + b"x" * 70_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_no_document_is_refused(program, body, kind, status):
    headers = {"Authorization": f"Bearer {program.token}"}
    answer = program.party.browser.put("/api/admin/v1/clients/cantine", data=body, content_type=kind, headers=headers)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_an_unknown_route_is_a_problem_too(program):
    answer = program.calls("GET", "/nothing")

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_route")


def test_the_document_describes_every_route_with_its_scope(program):
    document = program.party.browser.get("/api/admin/v1/openapi.json").json

    described = {
        (method.upper(), path, operation["security"][0]["administration"][0])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert described == {(route.method, route.path, route.scope) for route in ROUTES}
    operations = [operation for one in document["paths"].values() for operation in one.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    names = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert names <= document["components"]["schemas"].keys()


def test_every_answer_has_the_members_that_the_document_names(program):
    document = program.party.browser.get("/api/admin/v1/openapi.json").json["components"]["schemas"]
    program.calls("PUT", "/clients/cantine", {"redirect_uris": ["https://cantine.example.fr/retour"]})
    shapes = {"/keys": "Key", "/audit": "AuditEntry", "/staff": "StaffAccount", "/outbox": "Message"}

    for path, shape in shapes.items():
        for item in program.calls("GET", path).json["items"]:
            assert item.keys() == document[shape]["properties"].keys(), path
    told = document["ClientMetadata"]["properties"].keys() | document["Client"]["allOf"][1]["properties"].keys()
    assert program.calls("GET", "/clients/cantine").json.keys() <= told
