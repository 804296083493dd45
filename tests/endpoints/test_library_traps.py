"""What Authlib's server classes and joserfc let through when they were tried: each trap, shown closed here.

Authlib is the library of the client side alone (docs/decisions/0001-authlib.md); joserfc verifies what others signed.
"""

import base64
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt as jose
from joserfc.jwk import RSAKey

from idp import clock as now
from idp.db import db
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.oidc.jwt import decode_unverified
from idp.relying_parties.errors import InvalidMetadata
from tests.endpoints.conftest import (
    FRONT_CHANNEL,
    ISSUER,
    LOGOUT_URI,
    REDIRECT_URI,
    SECRET,
    VERIFIER,
    answer_of,
    error_on_page,
)

ALL = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]
GRANTS = ["authorization_code", "implicit", "refresh_token"]


@pytest.fixture
def everything(register):
    """A client that registered every response type, somebody logged in."""
    party = register("tout", response_types=ALL, grant_types=GRANTS)
    party.log_in()
    return party


@FRONT_CHANNEL
@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": 'co"de'},
        {"response_type": "codé"},
        {"response_type": "code id_token", "response_mode": "wrong"},
        {"response_type": "code id_token", "response_mode": 'é"'},
    ],
)
def test_quotes_accents_and_bad_modes_are_errors_not_crashes(everything, changes):
    """LIBRARIES: 500 on a quotation mark or accents in `response_type`, on a bad `response_mode` in hybrid."""
    answer = everything.authorize(**changes)

    assert answer.status_code in (303, 400)
    assert "code=" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("uri", [REDIRECT_URI + '"', REDIRECT_URI + "/é"])
def test_a_strange_redirect_uri_is_a_page(portal, uri):
    """LIBRARIES: 500 on a quotation mark or accents in `redirect_uri`."""
    assert error_on_page(portal.authorize(redirect_uri=uri)) == "invalid_request"


def test_basic_credentials_that_are_not_utf_8_are_a_refusal(portal):
    """LIBRARIES: 500 on Basic credentials that are not UTF-8."""
    credentials = base64.b64encode(b"portail:\xff\xfe").decode()
    headers = {"Authorization": f"Basic {credentials}"}

    answer = portal.browser.post("/token", data={"grant_type": "client_credentials"}, headers=headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@FRONT_CHANNEL
@pytest.mark.parametrize(("mode", "where"), [("fragment", "fragment"), ("query", "query"), ("form_post", "form_post")])
def test_iss_travels_with_the_answer_in_each_mode_and_in_errors(everything, mode, where):
    """LIBRARIES: `iss` in the query for fragments, missing from form_post and some errors; the mode ignored for code.

    `answer_of` checks `iss`, and that nothing of it is anywhere else.
    """
    assert "code" in answer_of(everything.authorize(response_mode=mode), where)
    assert answer_of(everything.authorize(response_mode=mode, max_age="-1"), where)["error"] == "invalid_request"


def test_the_answering_form_escapes_its_values_once_and_runs_no_inline_script(portal):
    """LIBRARIES: form_post percent-encodes its values and uses an inline onload. `answer_of` reads them as HTML."""
    portal.log_in()
    answer = portal.authorize(response_mode="form_post", state='<a href="é">&amp; 100%')

    assert answer_of(answer, "form_post")["state"] == '<a href="é">&amp; 100%'
    assert "onload" not in answer.text
    assert "<script>" not in answer.text


@FRONT_CHANNEL
def test_a_hybrid_refusal_keeps_its_state(register):
    """LIBRARIES: hybrid `access_denied` loses `state`."""
    party = register("tiers", first_party=False, response_types=ALL, grant_types=GRANTS)

    answer = party.cancels_at(party.authorize(response_type="code id_token", state="gardé").location)

    assert answer_of(answer, "fragment") | {"error_description": ""} == {
        "error": "access_denied",
        "error_description": "",
        "state": "gardé",
        "iss": ISSUER,
    }


def test_of_two_parallel_redemptions_one_succeeds_and_its_tokens_die(portal):
    """LIBRARIES: a reused code does not revoke what it gave, and two parallel redemptions both succeed."""
    portal.log_in()
    code = portal.code()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: portal.redeem(code), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    (good,) = (answer.json for answer in answers if answer.status_code == 200)
    assert portal.userinfo(good["access_token"]).status_code == 401


@FRONT_CHANNEL
def test_auth_time_is_the_login_in_hybrid_answers_and_tokens_live_minutes(everything, clock):
    """LIBRARIES: `auth_time` is «now» on refresh and hybrid; access tokens live 10 days."""
    everything.log_in()
    login = int(clock().timestamp())
    clock.advance(minutes=3)

    answer = answer_of(everything.authorize(response_type="code id_token token"), "fragment")

    assert decode_unverified(answer["id_token"])[1]["auth_time"] == login
    assert int(answer["expires_in"]) <= 300


def test_one_key_of_an_algorithm_signs_and_names_itself(portal):
    """LIBRARIES: a key set whose header has no `kid` signs with a random key."""
    portal.log_in()
    headers = [decode_unverified(portal.redeem(portal.code()).json["id_token"])[0] for _ in range(4)]

    assert len({header["kid"] for header in headers}) == 1
    assert headers[0]["kid"] in {jwk["kid"] for jwk in portal.browser.get("/jwks").json["keys"]}


def test_logout_goes_back_with_a_hint_and_an_address_and_takes_an_id_token_alone_for_a_hint(portal):
    """LIBRARIES: end_session with a hint never redirects, and takes any JWT signed by our keys as a hint."""
    portal.log_in()
    tokens = portal.redeem(portal.code()).json
    signed_by_us = portal.post("/introspect", {"token": tokens["access_token"]}, headers={"Accept": JWT_ANSWER}).text
    ask = lambda hint: portal.browser.get(  # noqa: E731
        "/end_session", query_string={"id_token_hint": hint, "post_logout_redirect_uri": LOGOUT_URI}
    )

    assert 'id="logout-confirm"' in ask(signed_by_us).text
    assert ask(tokens["id_token"]).location == LOGOUT_URI


JWT_ANSWER = "application/token-introspection+jwt"


@pytest.mark.parametrize("changes", [{"code_challenge_method": "plain"}, {"code_challenge": ""}])
def test_a_public_client_proves_its_code_by_s256(register, changes):
    """LIBRARIES: PKCE takes `plain`, and public clients without PKCE."""
    party = register("mobile", token_endpoint_auth_method="none", grant_types=["authorization_code"])
    party.log_in()

    assert answer_of(party.authorize(**changes))["error"] == "invalid_request"


@pytest.mark.parametrize(("alg", "status"), [("PS256", 200), ("RS256", 200), ("RS512", 401), ("none", 401)])
def test_client_assertions_by_the_algorithms_of_discovery_and_no_other(register, alg, status):
    """LIBRARIES: client assertions with PS256 or RS512 refused. Discovery tells those that are taken."""
    key = RSAKey.import_key(rsa.generate_private_key(65537, 2048))
    party = register("lsu", token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]})
    instant = int(now.now().timestamp())
    claims = {"iss": "lsu", "sub": "lsu", "aud": ISSUER, "jti": secrets.token_hex(8), "iat": instant}
    assertion = jose.encode({"alg": alg}, {**claims, "exp": instant + 60}, key, algorithms=[alg])
    form = {"grant_type": "client_credentials", "client_assertion": assertion}

    answer = party.browser.post("/token", data={**form, "client_assertion_type": ASSERTION_TYPE})

    document = party.browser.get("/.well-known/openid-configuration").json
    assert answer.status_code == status
    assert (alg in document["token_endpoint_auth_signing_alg_values_supported"]) == (status == 200)


def test_a_request_object_is_signed_and_for_us(register):
    """LIBRARIES: request objects with `alg: none` or a wrong `aud` taken."""
    key = RSAKey.import_key(rsa.generate_private_key(65537, 2048))
    party = register("lsu", jwks={"keys": [key.as_dict(private=False)]})
    party.log_in()

    def ask(alg="RS256", **changes):
        claims = {**party.request_parameters(), "iss": "lsu", "aud": ISSUER, "exp": int(now.now().timestamp()) + 60}
        claims |= changes
        request = jose.encode({"alg": alg}, claims, key, algorithms=[alg])
        return answer_of(party.authorize(request=request))

    assert "code" in ask()
    assert ask(aud="https://ailleurs.example")["error"] == "invalid_request_object"
    assert ask(alg="none")["error"] in ("invalid_request_object", "request_not_supported")


def test_no_secret_is_kept_in_clear(portal, app):
    """LIBRARIES: client secrets kept in clear. Codes, tokens and session cookies are not in the database either."""
    portal.log_in()
    code = portal.code()
    tokens = portal.redeem(code).json
    known = [SECRET, code, tokens["access_token"], tokens["refresh_token"], VERIFIER]
    known.append(portal.browser.get_cookie("idp_session").value)

    with app.app_context():
        rows = [
            str(row).encode() + b"".join(value for value in row if isinstance(value, bytes))
            for table in db.metadata.sorted_tables
            for row in db.session.execute(db.select(table))
        ]

    assert not any(secret.encode() in row for secret in known for row in rows)


def test_a_short_rsa_key_is_refused_at_registration(register):
    """LIBRARIES: joserfc accepts 1024-bit RSA keys."""
    key = RSAKey.import_key(rsa.generate_private_key(65537, 1024))

    with pytest.raises(InvalidMetadata):
        register("lsu", token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]})


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"RSA-OAEP-256","enc":"A128GCM","zip":"DEF"}',
        b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}',
        b'{"alg":"RSA1_5","enc":"A128GCM"}',
        b'{"alg":"dir","enc":"A128GCM"}',
    ],
)
def test_hostile_encryption_costs_nothing(register, header):
    """ATTACKS 42: a compression bomb, endless password iterations, old padding; also by its size."""
    party = register("lsu", request_object_signing_alg="RS256")
    head = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    bomb = base64.urlsafe_b64encode(bytes(8000)).rstrip(b"=").decode()
    form = {"client_id": "lsu", "request": ".".join([head, bomb, "AAAA", bomb, "AAAA"])}

    began = time.perf_counter()
    answer = party.post("/par", form)
    huge = party.post("/par", {**form, "request": form["request"] + "A" * 300_000})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request_object")
    assert huge.status_code in (400, 413)
    assert time.perf_counter() - began < 5
