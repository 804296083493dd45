"""Token exchange (RFC 8693): a service acts for the parent, within what it was given and no further."""

import json

import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from idp.audit import AuditEntry
from idp.db import db
from tests.conftest import BOTH_DATABASES

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
FRONT, BACK, OTHER = "https://front.example.fr", "https://back.example.fr", "https://autre.example.fr"


def claims_of(party, token):
    jwks = KeySet.import_key_set(json.loads(party.browser.get("/jwks").data))
    return jose.decode(token, jwks, algorithms=["RS256"]).claims


def exchange(party, token, **form):
    whole = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, **form}
    return party.post("/token", {name: value for name, value in whole.items() if value})


@pytest.fixture
def portal(register_api, register):
    """A portal whose tokens are for the front service and the one behind it."""
    register_api(FRONT, "front.read")
    register_api(BACK, "back.read", "back.write")
    register_api(OTHER, "autre.read")
    party = register("portail", scope="openid front.read back.read back.write", resources=[FRONT, BACK])
    party.log_in()
    return party


@pytest.fixture
def service(portal, register):
    """The front service, which may act for the parent at the one behind."""
    return register("front", grant_types=[EXCHANGE], redirect_uris=[], resource_server=FRONT, resources=[FRONT, BACK])


@pytest.fixture
def token(portal):
    scope, resource = "openid front.read back.read", f"{FRONT} {BACK}"
    return portal.redeem(portal.code(scope=scope, resource=resource)).json["access_token"]


def test_a_service_acts_for_the_parent_at_the_service_behind_it(service, token, portal, app):
    answer = exchange(service, token, resource=BACK)

    assert answer.status_code == 200, answer.text
    assert answer.json["issued_token_type"] == ACCESS_TOKEN
    claims = claims_of(portal, answer.json["access_token"])
    assert (claims["aud"], claims["scope"], claims["client_id"]) == (BACK, "back.read", "front")
    assert claims["act"] == {"sub": "front"}
    assert claims["exp"] <= claims_of(portal, token)["exp"]
    assert "refresh_token" not in answer.json
    with app.app_context():
        line = db.session.scalars(db.select(AuditEntry).filter_by(event="token.exchanged")).one()
    assert (line.account_id, line.client_id) == (portal.account_id, "front")


def test_the_new_token_ends_with_the_old_one(clock, service, token, portal):
    clock.advance(seconds=200)
    answer = exchange(service, token, resource=BACK)

    assert answer.json["expires_in"] <= 100
    clock.advance(seconds=101)
    assert exchange(service, token, resource=BACK).json["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"resource": BACK, "scope": "back.write"}, "invalid_scope"),
        ({"resource": OTHER}, "invalid_target"),
        ({"audience": "https://evil.example"}, "invalid_target"),
        ({"resource": BACK, "actor_token": "x"}, "invalid_request"),
        ({"resource": BACK, "subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        (
            {"resource": BACK, "requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
        ),
        ({"subject_token": "x"}, "invalid_request"),
        ({"subject_token": ""}, "invalid_request"),
    ],
)
def test_nothing_grows_by_an_exchange(service, token, form, error):
    """ATTACKS 37"""
    assert exchange(service, token, **form).json["error"] == error


def test_a_token_made_for_another_service_is_refused(portal, register, token):
    """ATTACKS 45: the thief of a token that was made for others."""
    other = register("autre", grant_types=[EXCHANGE], redirect_uris=[], resource_server=OTHER, resources=[OTHER, BACK])

    assert exchange(other, token, resource=BACK).json["error"] == "invalid_request"


def test_a_client_that_is_not_registered_for_it_is_refused(portal, token):
    """ATTACKS 47"""
    assert exchange(portal, token, resource=BACK).json["error"] == "unauthorized_client"


def test_a_revoked_grant_ends_what_was_exchanged(service, token, portal, register):
    got = exchange(service, token, resource=BACK).json["access_token"]
    behind = register("back", redirect_uris=[], grant_types=["client_credentials"], resource_server=BACK)
    assert behind.post("/introspect", {"token": got}).json["act"] == {"sub": "front"}

    portal.post("/revoke", {"token": token})

    assert behind.post("/introspect", {"token": got}).json == {"active": False}
    assert exchange(service, token, resource=BACK).json["error"] == "invalid_request"


@BOTH_DATABASES
def test_a_service_ends_what_it_exchanged_and_nothing_else(service, token, portal, register):
    """ATTACKS 46: the grant is the portal's."""
    behind = register("back", grant_types=[EXCHANGE], redirect_uris=[], resource_server=BACK, resources=[BACK])
    kept, got = (exchange(service, token, resource=BACK).json["access_token"] for _ in range(2))

    assert [service.post("/revoke", {"token": got}).status_code for _ in range(2)] == [200, 200]

    assert behind.post("/introspect", {"token": got}).json == {"active": False}
    assert exchange(behind, got, resource=BACK).json["error"] == "invalid_request"
    assert behind.post("/introspect", {"token": kept}).json["active"]
    assert portal.post("/introspect", {"token": token}).json["active"]


def test_a_client_ends_a_narrower_token_of_its_own_alone(register):
    party = register("cantine", grant_types=["authorization_code", EXCHANGE])
    party.log_in()
    token = party.redeem(party.code()).json["access_token"]
    narrower = exchange(party, token, scope="openid").json["access_token"]
    assert party.userinfo(narrower).status_code == 200

    party.post("/revoke", {"token": narrower})

    assert party.userinfo(narrower).status_code == 401
    assert party.userinfo(token).status_code == 200


def test_a_chain_of_services_names_each_of_them(service, token, portal, register):
    """RFC 8693 §4.1"""
    behind = register("back", grant_types=[EXCHANGE], redirect_uris=[], resource_server=BACK, resources=[BACK])
    got = exchange(service, token, resource=BACK).json["access_token"]

    again = exchange(behind, got, resource=BACK).json["access_token"]

    assert claims_of(portal, again)["act"] == {"sub": "back", "act": {"sub": "front"}}


def test_a_client_token_without_parent_cannot_be_exchanged(service, portal):
    token = portal.post("/token", {"grant_type": "client_credentials", "scope": "front.read"}).json["access_token"]

    assert exchange(service, token).json["error"] == "invalid_request"
