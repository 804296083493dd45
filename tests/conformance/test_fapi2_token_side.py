"""FAPI 2.0 Security Profile: the modules of `fapi2-security-profile-final-test-plan` that look at the token side."""

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp import clock as time
from idp.oidc.client_assertion import ASSERTION_TYPE
from tests.endpoints.conftest import CHALLENGE, REDIRECT_URI, VERIFIER, answer_of
from tests.endpoints.proofs import ISSUER, Prover


class FapiClient:
    """A client with private_key_jwt and DPoP, as the suite makes them; one thing may be changed."""

    def __init__(self, register, client_id, **metadata):
        self.key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
        self.rsa = RSAKey.import_key(rsa.generate_private_key(65537, 2048))
        keys = [{**key.as_dict(private=False), "kid": str(n)} for n, key in enumerate((self.key, self.rsa))]
        self.party = register(
            client_id,
            profile="fapi2",
            token_endpoint_auth_method="private_key_jwt",
            id_token_signed_response_alg="ES256",
            jwks={"keys": keys},
            grant_types=["authorization_code", "refresh_token"],
            **metadata,
        )
        self.client_id = client_id
        self.prover = Prover()

    def assertion(self, alg="ES256", key=None, **changes):
        now = int(time.now().timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "exp": now + 60, "iat": now}
        claims |= {"jti": secrets.token_hex(8), **changes}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jose.encode({"alg": alg}, kept, key or (self.key if alg == "ES256" else self.rsa), algorithms=[alg])

    def post(self, path, form, assertion=None, proof="", **changes):
        whole = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion(), **form}
        whole |= changes
        headers = {"DPoP": proof} if proof else {}
        return self.party.browser.post("/" + path, data={k: v for k, v in whole.items() if v}, headers=headers)

    def push(self, assertion=None, proof="", **changes):
        form = {"response_type": "code", "client_id": self.client_id, "redirect_uri": REDIRECT_URI, "scope": "openid"}
        form |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "s"}
        return self.post("par", form, assertion, proof, **changes)

    def code(self, proof="", **changes):
        self.party.log_in()
        pushed = self.push(proof=proof, **changes)
        assert pushed.status_code == 201, pushed.text
        query = {"client_id": self.client_id, "request_uri": pushed.json["request_uri"]}
        return answer_of(self.party.browser.get("/authorize", query_string=query))["code"]

    def redeem(self, code, proof=None, assertion=None, **changes):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form |= {"code_verifier": VERIFIER}
        return self.post("token", form, assertion, self.prover.proof() if proof is None else proof, **changes)

    def refresh(self, token, proof=None, **changes):
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("token", form, None, self.prover.proof() if proof is None else proof, **changes)

    def resource(self, token, proof=None, scheme="DPoP"):
        shown = self.prover.proof("/userinfo", "GET", token) if proof is None else proof
        headers = {"Authorization": f"{scheme} {token}", "DPoP": shown}
        return self.party.browser.get("/userinfo", headers=headers)


@pytest.fixture
def client(register):
    return FapiClient(register, "fapi-un")


@pytest.fixture
def client2(register):
    return FapiClient(register, "fapi-deux")


def refused(answer, *errors):
    return answer.status_code in (400, 401) and answer.json["error"] in (
        errors or ("invalid_client", "invalid_request")
    )


def test_happy_flow(client, client2):
    for one in (client, client2):
        tokens = one.redeem(one.code())

        assert tokens.status_code == 200, tokens.text
        assert tokens.json["token_type"] == "DPoP"
        assert len(tokens.json["access_token"]) * 6 >= 128
        assert one.resource(tokens.json["access_token"]).status_code == 200


def test_happy_flow_with_proofs_of_an_rsa_key_that_says_all_about_itself(client):
    """LIBRARIES: joserfc refuses a header beyond 512 bytes, and an RSA key in the proof's header is longer."""
    key = RSAKey.import_key(rsa.generate_private_key(65537, 4096))
    jwk = {**key.as_dict(private=False), "kid": "k" * 43, "use": "sig", "alg": "PS256"}
    proof = {"key": key, "alg": "PS256", "header": {"jwk": jwk}}

    tokens = client.redeem(client.code(), client.prover.proof(**proof))

    assert tokens.status_code == 200, tokens.text
    token = tokens.json["access_token"]
    assert client.resource(token, client.prover.proof("/userinfo", "GET", token, **proof)).status_code == 200


def test_access_token_type_header_case_sensitivity(client):
    token = client.redeem(client.code()).json["access_token"]

    assert [client.resource(token, scheme=scheme).status_code for scheme in ("DPOP", "dpop", "dPoP")] == [200] * 3


def test_refresh_token(client, client2, clock):
    """Needs the client and a key, which may be a new one; it does not rotate, so an earlier one works 30 s later."""
    token = client.redeem(client.code()).json["refresh_token"]

    first = client.refresh(token)
    clock.advance(seconds=31)
    again = client.refresh(token)

    assert (first.status_code, again.status_code) == (200, 200)
    assert client.refresh(first.json["refresh_token"]).status_code == 200
    assert refused(client.refresh(token, proof=""), "invalid_request", "invalid_dpop_proof")
    assert client.refresh(token, proof=Prover().proof()).status_code == 200
    assert refused(client.refresh(token, client_assertion="", client_assertion_type="", client_id=client.client_id))
    assert refused(client2.refresh(token), "invalid_grant")


@pytest.mark.parametrize("aud", [[ISSUER], ISSUER + "/par", ISSUER + "/token", "https://other.example", None])
def test_audience_is_the_issuer_as_one_string(client, aud):
    """par-test-array-as-audience-fails, -par-endpoint-url-, -token-endpoint-url-, ensure-client-assertion-wrong-aud."""
    assert refused(client.push(client.assertion(aud=aud)))
    assert refused(client.redeem(client.code(), assertion=client.assertion(aud=aud)))


def test_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(client):
    now = int(time.now().timestamp())

    assert client.push(client.assertion(nbf=now + 8)).status_code == 201


def test_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(client):
    now = int(time.now().timestamp())

    assert refused(client.push(client.assertion(nbf=now + 65)))


@pytest.mark.parametrize("change", ["expired", "no-sub", "rs256", "mac", "none"])
def test_ensure_client_assertion_fails(client, change):
    """exp-is-5-minutes-in-past, no-sub, in-token-endpoint, ensure-signed-client-assertion-with-RS256-fails."""
    now = int(time.now().timestamp())
    bad = {
        "expired": lambda: client.assertion(exp=now - 300),
        "no-sub": lambda: client.assertion(sub=None),
        "rs256": lambda: client.assertion("RS256"),
        "mac": lambda: client.assertion("HS256", OctKey.import_key("k" * 40)),
        "none": lambda: "eyJhbGciOiJub25lIn0.e30.",
    }[change]
    code = client.code()

    assert refused(client.redeem(code, assertion=bad()))
    assert refused(client.redeem(code, client_assertion="", client_assertion_type="", client_id=client.client_id))
    assert client.redeem(code).status_code == 200


def test_a_ps256_assertion_succeeds(client):
    """A trap of Authlib: PS256 assertions refused."""
    assert client.push(client.assertion("PS256")).status_code == 201


def test_ensure_client_id_in_token_endpoint(client):
    assert refused(client.redeem(client.code(), client_id="fapi-autre"))


def test_ensure_holder_of_key_required(client):
    assert refused(client.redeem(client.code(), proof=""), "invalid_request", "invalid_dpop_proof")


def test_ensure_authorization_code_is_bound_to_client(client, client2):
    assert refused(client2.redeem(client.code()), "invalid_grant")


def test_attempt_reuse_authorization_code_after_one_second(client, clock):
    code = client.code()
    token = client.redeem(code).json["access_token"]
    clock.advance(seconds=1)

    assert refused(client.redeem(code), "invalid_grant")
    assert client.resource(token).status_code == 401


def test_ensure_token_endpoint_fails_with_expired_auth_code(client, clock):
    clock.advance(seconds=0)
    code = client.code()
    clock.advance(seconds=62)

    assert refused(client.redeem(code), "invalid_grant")


@pytest.mark.parametrize("verifier", ["", "w" * 43])
def test_ensure_pkce_code_verifier_required_and_right(client, verifier):
    assert refused(client.redeem(client.code(), code_verifier=verifier), "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": "", "code_challenge_method": ""}, {"code_challenge_method": "plain"}],
)
def test_par_ensure_pkce_required_and_plain_rejected(client, changes):
    assert refused(client.push(**changes), "invalid_request")


def test_ensure_unsigned_authorization_request_without_using_par_fails(client):
    client.party.log_in()

    response = client.party.authorize()

    assert "code=" not in (response.location or "")


def test_ensure_dpopproof_at_par_endpoint_binding_success(client):
    code = client.code(proof=client.prover.proof("/par"))

    assert client.redeem(code).status_code == 200


def test_ensure_dpop_auth_code_binding_success(client):
    assert client.redeem(client.code(dpop_jkt=client.prover.jkt)).status_code == 200


def test_ensure_mismatched_dpop_jkt_fails(client):
    answer = client.push(proof=client.prover.proof("/par"), dpop_jkt=Prover().jkt)

    assert refused(answer, "invalid_request", "invalid_dpop_proof")


@pytest.mark.parametrize("way", ["dpop_jkt", "proof"])
def test_ensure_token_endpoint_fails_with_mismatched_key(client, way):
    """ensure-token-endpoint-fails-with-mismatched-dpop-jkt and -dpop-proof-jkt."""
    other = Prover()
    code = client.code(dpop_jkt=other.jkt) if way == "dpop_jkt" else client.code(proof=other.proof("/par"))

    assert refused(client.redeem(code), "invalid_grant", "invalid_dpop_proof")


@pytest.mark.parametrize("seconds", [-10, 10])
def test_ensure_dpopproof_with_iat_10seconds_off_succeeds(client, seconds):
    now = int(time.now().timestamp())

    assert client.redeem(client.code(), client.prover.proof(iat=now + seconds)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"id_token_signed_response_alg": "RS256"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_signing_alg": "RS256"},
        {"response_types": ["code", "code id_token"]},
    ],
)
def test_a_registration_outside_the_profile_is_refused(register, changes):
    key = ECKey.import_key(ec.generate_private_key(ec.SECP256R1())).as_dict(private=False)
    good = {
        "profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "ES256",
        "jwks": {"keys": [key]},
    }

    with pytest.raises(Exception, match="InvalidMetadata"):
        register("fapi", **{**good, **changes})


def test_discovery_tells_what_the_profile_needs(client):
    document = client.party.browser.get("/.well-known/openid-configuration").json

    strong = {"PS256", "ES256", "EdDSA"}
    for name in document:
        if "signing_alg_values_supported" in name:
            assert strong & set(document[name]), name
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert document["authorization_response_iss_parameter_supported"] is True
