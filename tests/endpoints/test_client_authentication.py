"""Client authentication at the token endpoint."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp import clock as time
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.oidc.jwt import SigningKey
from tests.conftest import BOTH_DATABASES

ISSUER = "http://127.0.0.1:8000"
KEY = SigningKey("k1", ec.generate_private_key(ec.SECP256R1()))


def assert_with(party, **changes):
    now = int(time.now().timestamp())
    claims = {"iss": "lsu", "sub": "lsu", "aud": ISSUER, "exp": now + 60, "iat": now, "jti": "1", **changes}
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    return party.browser.post("/token", data={**form, "client_assertion": KEY.sign(claims)})


@pytest.fixture
def viewer(register):
    return register("lsu", token_endpoint_auth_method="private_key_jwt", jwks={"keys": [KEY.public_jwk]})


def test_an_assertion_authenticates_once(viewer):
    assert assert_with(viewer).status_code == 200

    assert assert_with(viewer).json["error"] == "invalid_client"


def test_an_assertion_for_another_server_is_refused(viewer):
    assert assert_with(viewer, aud=[ISSUER]).status_code == 401
    assert assert_with(viewer, aud="https://other.example/token").status_code == 401


@BOTH_DATABASES
def test_an_assertion_of_a_name_that_no_client_has_is_refused(viewer):
    assert assert_with(viewer, sub="a\0b", iss="a\0b").status_code == 401


def test_a_weaker_method_than_the_registered_one_is_refused(viewer):
    assert viewer.post("/token", {"grant_type": "client_credentials"}).status_code == 401


@BOTH_DATABASES
@pytest.mark.parametrize("credentials", [b"\xff\xfe:x", b"portail", b"portail:%ff", b"a\0b:c", b"a%00b:c"])
def test_sloppy_basic_credentials_are_invalid_client(portal, credentials):
    header = {"Authorization": "Basic " + base64.b64encode(credentials).decode()}

    answer = portal.browser.post("/token", data={"grant_type": "client_credentials"}, headers=header)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_two_methods_at_once_are_refused(portal):
    answer = portal.post("/token", {"grant_type": "client_credentials", "client_secret": "x"})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_the_password_grant_does_not_exist(portal):
    answer = portal.post("/token", {"grant_type": "password", "username": "a", "password": "b"})

    assert answer.json["error"] == "unsupported_grant_type"


def test_another_resource_server_gets_a_signed_access_token(register, register_api):
    register_api("https://api.example.fr")
    party = register("cantine", resources=["https://api.example.fr"])
    answer = party.post("/token", {"grant_type": "client_credentials", "resource": "https://api.example.fr"})

    assert answer.json["access_token"].count(".") == 2
    assert party.post("/introspect", {"token": answer.json["access_token"]}).json["aud"] == "https://api.example.fr"


def test_a_query_on_the_token_endpoint_is_refused(portal):
    assert portal.post("/token?client_secret=x", {"grant_type": "client_credentials"}).status_code == 400
