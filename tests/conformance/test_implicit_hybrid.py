"""Implicit, Hybrid and Form Post OP: the modules that differ from the basic plan, for each response type and mode."""

import json

import pytest

from tests.endpoints.conftest import FRONT_CHANNEL, REDIRECT_URI, answer_of, error_on_page, identity_of, left_half

IMPLICIT = ["id_token", "id_token token"]
HYBRID = ["code id_token", "code token", "code id_token token"]
PLANS = [(response_type, mode) for response_type in IMPLICIT + HYBRID for mode in ("fragment", "form_post")]

pytestmark = FRONT_CHANNEL
each_plan = pytest.mark.parametrize(("response_type", "mode"), [*PLANS, ("code", "form_post")])


@pytest.fixture
def client(register, response_type):
    """As the suite registers it: exactly one response type."""
    grants = ["implicit", "authorization_code", "refresh_token"]
    return register("suite", response_types=[response_type], grant_types=grants)


def ask(client, response_type, mode, **changes):
    asked = "" if mode == "fragment" else mode
    return client.authorize(response_type=response_type, response_mode=asked, **changes)


@each_plan
def test_oidcc_server(client, response_type, mode):
    answer = answer_of(client.logs_in_at(ask(client, response_type, mode).location), mode)

    words = response_type.split()
    subjects = set()
    if "id_token" in words:
        claims = identity_of(client, answer["id_token"])
        assert claims["nonce"] == "n" * 64
        assert claims.get("at_hash") == (left_half(answer["access_token"]) if "token" in words else None)
        assert claims.get("c_hash") == (left_half(answer["code"]) if "code" in words else None)
        subjects.add((claims["iss"], claims["sub"]))
    if "token" in words:
        assert answer["token_type"] == "Bearer"
        assert int(answer["expires_in"]) > 0
        assert client.userinfo(answer["access_token"]).json["sub"]
    if "code" in words:
        tokens = client.redeem(answer["code"]).json
        claims = identity_of(client, tokens["id_token"])
        assert client.userinfo(tokens["access_token"]).json["sub"] == claims["sub"]
        subjects.add((claims["iss"], claims["sub"]))
    assert len(subjects) == 1


@each_plan
def test_oidcc_ensure_request_without_nonce(client, response_type, mode):
    """`-fails` where an ID token comes by the front channel, `-succeeds-for-code-flow` elsewhere."""
    client.log_in()

    answer = answer_of(ask(client, response_type, mode, nonce=""), mode)

    assert answer.get("error") == ("invalid_request" if "id_token" in response_type.split() else None)


@each_plan
def test_oidcc_response_type_missing(client, response_type, mode):
    answer = answer_of(ask(client, "", mode), "query" if mode == "fragment" else mode)

    assert answer["error"] in ("unsupported_response_type", "invalid_request")


@each_plan
def test_oidcc_prompt_none_not_logged_in(client, response_type, mode):
    answer = answer_of(ask(client, response_type, mode, prompt="none"), mode)

    assert answer["error"] == "login_required"
    assert answer.keys() <= {"error", "error_description", "error_uri", "state", "session_state", "iss"}


@each_plan
def test_oidcc_scope_all(client, response_type, mode):
    """With `id_token` alone there is no userinfo: the claims come in the ID token."""
    client.log_in(mobile="+33639981234")

    answer = answer_of(ask(client, response_type, mode, scope="openid profile email phone"), mode)

    if "access_token" in answer:
        claims = client.userinfo(answer["access_token"]).json
    elif "code" in answer:
        claims = client.userinfo(client.redeem(answer["code"]).json["access_token"]).json
    else:
        claims = identity_of(client, answer["id_token"])
    assert {"name", "email", "email_verified", "phone_number", "phone_number_verified"} <= claims.keys()


@pytest.mark.parametrize(("response_type", "mode"), [("id_token", "fragment"), ("id_token", "form_post")])
def test_oidcc_claims_essential_with_id_token_alone(client, response_type, mode):
    client.log_in()
    claims = json.dumps({"id_token": {"name": {"essential": True}}})

    answer = answer_of(ask(client, response_type, mode, scope="openid", claims=claims), mode)

    assert identity_of(client, answer["id_token"])["name"] == "Claire Martin"


@each_plan
def test_oidcc_ensure_registered_redirect_uri(client, response_type, mode):
    assert error_on_page(ask(client, response_type, mode, redirect_uri=REDIRECT_URI + "/x")) == "invalid_request"


@each_plan
def test_oidcc_prompt_none_logged_in(client, response_type, mode):
    client.log_in()

    assert "error" not in answer_of(ask(client, response_type, mode, prompt="none"), mode)


@each_plan
def test_user_rejects_authentication(client, response_type, mode):
    """A trap of Authlib: `state` lost when a hybrid request is refused."""
    login = ask(client, response_type, mode).location

    answer = answer_of(client.cancels_at(login), mode)

    assert (answer["error"], answer["state"]) == ("access_denied", "état-~._")
