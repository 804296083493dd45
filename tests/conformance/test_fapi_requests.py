"""FAPI 2.0 Security Profile and Message Signing: the modules on pushed requests, request objects and JARM."""

from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp import clock as time
from idp.db import new_id
from idp.oidc import jwt
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.oidc.jwt import SigningKey, encode_base64url
from tests.endpoints.conftest import CHALLENGE, ISSUER, REDIRECT_URI, answer_of, error_on_page

KEY = SigningKey("fapi-1", ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = SigningKey("fapi-2", ec.generate_private_key(ec.SECP256R1()))
RSA_KEY = SigningKey("fapi-rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256")
FAPI = {
    "profile": "fapi2",
    "token_endpoint_auth_method": "private_key_jwt",
    "grant_types": ["authorization_code", "refresh_token"],
    "id_token_signed_response_alg": "ES256",
    "dpop_bound_access_tokens": True,
}


@pytest.fixture
def client(register):
    party = register("fapi", jwks={"keys": [KEY.public_jwk, RSA_KEY.public_jwk]}, **FAPI)
    party.log_in()
    return party


@pytest.fixture
def client2(register, client):
    where = [REDIRECT_URI + "?dummy1=lorem&dummy2=ipsum"]
    party = register("fapi2", jwks={"keys": [OTHER_KEY.public_jwk]}, redirect_uris=where, **FAPI)
    party.account_id = client.account_id
    party.log_in()
    return party


@pytest.fixture
def signing(register):
    """A client of Message Signing: signed requests alone."""
    members = {"require_signed_request_object": True, "authorization_signed_response_alg": "ES256"}
    party = register("fapi", jwks={"keys": [KEY.public_jwk, RSA_KEY.public_jwk]}, **FAPI, **members)
    party.log_in()
    return party


def assertion(party, key=KEY, **changes):
    now = int(time.now().timestamp())
    claims = {
        "iss": party.client_id,
        "sub": party.client_id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": new_id(),
    }
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": key.sign({**claims, **changes})}


def request_of(party, **changes):
    parameters = {
        "client_id": party.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": "état",
        "nonce": "n" * 32,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value}


def push(party, key=KEY, assertion_claims=None, **changes):
    form = request_of(party, **changes) | assertion(party, key, **(assertion_claims or {}))
    return party.browser.post("/par", data=form)


def push_object(party, alg=KEY, outside=None, header=None, **changes):
    now = int(time.now().timestamp())
    claims = {"iss": party.client_id, "aud": ISSUER, "nbf": now, "exp": now + 300, **request_of(party), **changes}
    claims = {name: value for name, value in claims.items() if value != ""}
    text = header(claims) if header else alg.sign(claims, "oauth-authz-req+jwt")
    form = {"client_id": party.client_id, "request": text, **(outside or {}), **assertion(party)}
    return party.browser.post("/par", data=form)


def visit(party, pushed, **outside):
    assert pushed.status_code == 201, pushed.text
    query = {"client_id": party.client_id, "request_uri": pushed.json["request_uri"], **outside}
    return party.browser.get("/authorize?" + urlencode(query))


def refused(answer, *codes):
    assert answer.status_code in (400, 401), answer.text
    assert answer.json["error"] in codes


def test_happy_flow(client, client2):
    pushed = push(client)
    answer = answer_of(visit(client, pushed))
    second = visit(client2, push(client2, OTHER_KEY, redirect_uri=REDIRECT_URI + "?dummy1=lorem&dummy2=ipsum")).location

    assert len(pushed.json["request_uri"].rpartition(":")[2]) * 6 >= 96
    assert pushed.json["expires_in"] > 0
    assert answer["state"] == "état"
    assert second.startswith(REDIRECT_URI + "?dummy1=lorem&dummy2=ipsum&code=")


def test_user_rejects_authentication(client):
    client.browser.delete_cookie("idp_session")
    login = visit(client, push(client)).location

    answer = answer_of(client.cancels_at(login))

    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "état", ISSUER)


@pytest.mark.parametrize("changes", [{"state": ""}, {"nonce": ""}, {"nonce": "n" * 64}, {"scope": "profile openid"}])
def test_ensure_authorization_request_success(client, changes):
    """`-without-state-success`, `-without-nonce-success`, `-with-64-char-nonce-success`, `other-scope-order`."""
    answer = answer_of(visit(client, push(client, **changes)))

    assert "code" in answer
    assert answer.get("state", "") == changes.get("state", "état")


@pytest.mark.parametrize("changes", [{"nonce": "n" * 384}, {"state": "s" * 1000}])
def test_long_values_come_back_whole(client, changes):
    answer = answer_of(visit(client, push(client, **changes)))

    assert answer["state"] == changes.get("state", "état")


@pytest.mark.parametrize("uri", [REDIRECT_URI + "/random", "", "https://suite.example/x"])
def test_ensure_registered_redirect_uri(client, uri):
    """Also `plain-fapi-tolerate-unregistered-redirect-uri`, `ensure-redirect-uri-in-authorization-request`."""
    refused(push(client, redirect_uri=uri), "invalid_request", "invalid_request_object")


def test_ensure_unsigned_authorization_request_without_using_par_fails(client):
    assert answer_of(client.authorize())["error"] == "invalid_request"


@pytest.mark.parametrize("response_type", ["code id_token", "token", "code id_token token"])
def test_ensure_response_type_fails(client, response_type):
    codes = ("unsupported_response_type", "invalid_request", "unauthorized_client")
    refused(push(client, response_type=response_type), *codes)


@pytest.mark.parametrize(
    "changes", [{"code_challenge": "", "code_challenge_method": ""}, {"code_challenge_method": "plain"}]
)
def test_par_ensure_pkce_required(client, changes):
    """Also `par-plain-pkce-rejected`."""
    refused(push(client, **changes), "invalid_request")


def test_par_attempt_reuse_request_uri(client):
    pushed = push(client)
    answer_of(visit(client, pushed))

    assert error_on_page(visit(client, pushed)) == "invalid_request_uri"


def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(client):
    client.browser.delete_cookie("idp_session")
    pushed = push(client)
    visit(client, pushed)
    again = visit(client, pushed)

    client.log_in()

    assert again.location.startswith("/connexion/")
    assert "code" in answer_of(visit(client, pushed))


def test_par_attempt_to_use_expired_request_uri(client, clock):
    pushed = push(client)
    clock.advance(seconds=pushed.json["expires_in"] + 1)

    assert error_on_page(visit(client, pushed)) == "invalid_request_uri"


def test_par_attempt_to_use_request_uri_for_different_client(client, client2):
    assert error_on_page(visit(client2, push(client))) == "invalid_request_uri"


def test_par_authorization_request_containing_request_uri_form_param(client):
    codes = ("invalid_request", "invalid_request_object", "request_uri_not_supported")
    refused(push(client, request_uri=push(client).json["request_uri"]), *codes)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_par_attempt_invalid_http_method(client, method):
    assert client.browser.open("/par", method=method).status_code == 405


@pytest.mark.parametrize("audience", [[ISSUER], [ISSUER, "https://autre.example"], ISSUER + "/par", ISSUER + "/token"])
def test_par_audience_fails(client, audience):
    """`par-test-array-as-audience-fails`, `-par-endpoint-url-as-audience-fails`, `-token-endpoint-url-…`."""
    refused(push(client, assertion_claims={"aud": audience}), "invalid_client", "invalid_request")


@pytest.mark.parametrize(("seconds", "passes"), [(8, True), (70, False)])
def test_par_ensure_jwt_client_assertions_nbf(client, seconds, passes):
    """`-8-seconds-in-the-future-is-accepted`, `-over-60-…-fails`."""
    nbf = int(time.now().timestamp()) + seconds

    assert (push(client, assertion_claims={"nbf": nbf}).status_code == 201) is passes


def test_ensure_signed_client_assertion_with_rs256_fails(client):
    refused(push(client, RSA_KEY), "invalid_client", "invalid_request")


def unsigned(claims):
    import orjson

    header = encode_base64url(b'{"alg":"none","typ":"oauth-authz-req+jwt"}').decode()
    return f"{header}.{encode_base64url(orjson.dumps(claims)).decode()}."


def damaged(claims):
    return KEY.sign(claims, "oauth-authz-req+jwt")[:-8] + "AAAAAAAA"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": ""}, id="without-exp"),
        pytest.param({"nbf": ""}, id="without-nbf"),
        pytest.param({"exp": -300, "nbf": -600}, id="expired"),
        pytest.param({"aud": "https://suite.example"}, id="bad-aud"),
        pytest.param({"exp": 70 * 60}, id="exp-over-60"),
        pytest.param({"nbf": -70 * 60}, id="nbf-over-60"),
        pytest.param({"alg": RSA_KEY}, id="RS256"),
        pytest.param({"header": unsigned}, id="none"),
        pytest.param({"header": damaged}, id="invalid-signature"),
        pytest.param({"alg": OTHER_KEY}, id="other-clients-key"),
    ],
)
def test_ensure_request_object_fails(signing, changes):
    now = int(time.now().timestamp())
    moved = {name: value + now if isinstance(value, int) else value for name, value in changes.items()}

    refused(push_object(signing, **moved), "invalid_request_object")


def test_ensure_request_object_with_multiple_aud_succeeds(signing):
    assert "code" in jarm_of(
        signing, visit(signing, push_object(signing, aud=[ISSUER, "https://a.example"], response_mode="jwt"))
    )


def test_ensure_request_object_nbf_8_seconds_in_the_future_is_accepted(signing):
    assert push_object(signing, nbf=int(time.now().timestamp()) + 8).status_code == 201


def test_ensure_unsigned_request_at_par_endpoint_fails(signing):
    refused(push(signing), "invalid_request", "invalid_request_object")


def test_ensure_request_object_without_redirect_uri_fails(signing):
    refused(push_object(signing, redirect_uri=""), "invalid_request", "invalid_request_object")


def jarm_of(party, response):
    """JARM: one parameter, a JWT for this client that a published key signed."""
    answer = answer_of(response, signed=True)
    assert answer.keys() == {"response"}
    header, claims = jwt.verify(answer["response"], party.browser.get("/jwks").json["keys"])
    assert header["alg"] in ("PS256", "ES256")
    assert header["kid"]
    assert (claims["iss"], claims["aud"]) == (ISSUER, party.client_id)
    assert 10 <= claims["exp"] - time.now().timestamp() <= 600
    return claims


def test_ensure_different_nonce_and_state_inside_and_outside_request_object(signing):
    """Also `state-only-outside-request-object-not-used`: only the object counts."""
    outside = {"state": "dehors", "nonce": "dehors"}

    pushed = push_object(signing, outside=outside, response_mode="jwt")
    without = push_object(signing, outside=outside, state="", response_mode="jwt")

    assert jarm_of(signing, visit(signing, pushed))["state"] == "état"
    assert "state" not in jarm_of(signing, visit(signing, without, state="dehors"))


def test_jarm_errors_are_signed_too(signing):
    signing.browser.delete_cookie("idp_session")

    claims = jarm_of(signing, visit(signing, push_object(signing, prompt="none", response_mode="jwt")))

    assert (claims["error"], claims["state"]) == ("login_required", "état")


def test_discovery(client):
    document = client.browser.get("/.well-known/openid-configuration").json

    assert document["pushed_authorization_request_endpoint"] == ISSUER + "/par"
    assert document["require_pushed_authorization_requests"] is False
    assert document["authorization_response_iss_parameter_supported"] is True
    assert "jwt" in document["response_modes_supported"]
    signing = [name for name in document if name.endswith("signing_alg_values_supported")]
    assert all({"PS256", "ES256", "EdDSA"} & set(document[name]) for name in signing)
