"""Answers signed and encrypted as a client registered: ID tokens, userinfo, authorization responses (JARM)."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from idp.oidc import jwe, jwt
from idp.relying_parties.errors import InvalidMetadata
from tests.endpoints.conftest import FRONT_CHANNEL, ISSUER, answer_of, left_half

CLIENT_KEYS = {
    "RSA-OAEP-256": jwe.DecryptionKey("rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "ECDH-ES": jwe.DecryptionKey("ec", ec.generate_private_key(ec.SECP256R1())),
}
JWKS = {"keys": [key.public_jwk for key in CLIENT_KEYS.values()]}
SIGNING = ["RS256", "PS256", "ES256", "EdDSA"]


def verified(party, token, alg):
    """Claims of a token that a published key for that algorithm signed."""
    jwks = KeySet.import_key_set(json.loads(party.browser.get("/jwks").data))
    assert jwt.decode_unverified(token)[0]["alg"] == alg
    return jose.decode(token, jwks, algorithms=[alg]).claims


def opened(token):
    return jwe.decrypt(token, list(CLIENT_KEYS.values()))


@FRONT_CHANNEL
@pytest.mark.parametrize("alg", SIGNING)
def test_id_tokens_are_signed_and_hash_as_registered(register, alg):
    types = ["code id_token token"]
    grants = ["authorization_code", "implicit"]
    party = register("appli", id_token_signed_response_alg=alg, response_types=types, grant_types=grants)
    party.log_in()

    answer = answer_of(party.authorize(response_type=types[0]), "fragment")

    claims = verified(party, answer["id_token"], alg)
    assert claims["c_hash"] == left_half(answer["code"], alg)
    assert claims["at_hash"] == left_half(answer["access_token"], alg)
    assert verified(party, party.redeem(answer["code"]).json["id_token"], alg)["nonce"] == "n" * 64


@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
@pytest.mark.parametrize("enc", jwe.ENCODINGS)
def test_id_tokens_are_encrypted_as_registered(register, alg, enc):
    members = {"id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": enc, "jwks": JWKS}
    party = register("appli", **members)
    party.log_in()

    token = party.redeem(party.code()).json["id_token"]

    assert token.count(".") == 4
    assert verified(party, opened(token), "RS256")["aud"] == "appli"


@pytest.mark.parametrize("alg", SIGNING)
def test_userinfo_is_signed_as_registered(register, alg):
    party = register("appli", userinfo_signed_response_alg=alg)
    party.log_in()

    answer = party.userinfo(party.redeem(party.code()).json["access_token"])

    assert answer.content_type == "application/jwt"
    claims = verified(party, answer.text, alg)
    assert (claims["iss"], claims["aud"], claims["name"]) == (ISSUER, "appli", "Claire Martin")
    assert "nonce" not in claims


def test_userinfo_may_be_encrypted_with_and_without_a_signature(register):
    encrypted = {"userinfo_encrypted_response_alg": "ECDH-ES", "jwks": JWKS}
    plain = register("appli", **encrypted)
    signed = register("banque", userinfo_signed_response_alg="ES256", **encrypted)
    plain.log_in()
    signed.account_id = plain.account_id
    signed.log_in()

    texts = [opened(party.userinfo(party.redeem(party.code()).json["access_token"]).text) for party in (plain, signed)]

    assert json.loads(texts[0])["name"] == "Claire Martin"
    assert verified(signed, texts[1], "ES256")["name"] == "Claire Martin"


@pytest.mark.parametrize(
    ("mode", "way"),
    [("jwt", "query"), ("query.jwt", "query"), ("fragment.jwt", "fragment"), ("form_post.jwt", "form_post")],
)
def test_a_response_may_come_as_one_signed_token(portal, mode, way, clock):
    """JARM §2.1, §2.3."""
    portal.log_in()

    answer = answer_of(portal.authorize(response_mode=mode), way, signed=True)

    assert answer.keys() == {"response"}
    claims = jwt.verify(answer["response"], portal.browser.get("/jwks").json["keys"])[1]
    assert (claims["iss"], claims["aud"], claims["state"]) == (ISSUER, "portail", "état-~._")
    assert 10 <= claims["exp"] - clock().timestamp() <= 600
    assert portal.redeem(claims["code"]).status_code == 200


def test_errors_are_signed_too(portal):
    answer = answer_of(portal.authorize(response_mode="jwt", prompt="none"), signed=True)

    claims = jwt.verify(answer["response"], portal.browser.get("/jwks").json["keys"])[1]
    assert claims["error"] == "login_required"
    assert claims["state"] == "état-~._"


def test_a_response_is_encrypted_as_registered(register):
    members = {"authorization_signed_response_alg": "PS256", "authorization_encrypted_response_alg": "RSA-OAEP-256"}
    party = register("appli", jwks=JWKS, **members)
    party.log_in()

    answer = answer_of(party.authorize(response_mode="jwt"), signed=True)

    assert "code" in verified(party, opened(answer["response"]), "PS256")


@FRONT_CHANNEL
def test_tokens_never_come_in_a_query_even_signed(register):
    """ATTACKS 11; JARM §2.3.1."""
    party = register("appli", response_types=["code token"], grant_types=["authorization_code", "implicit"])
    party.log_in()

    refused = answer_of(party.authorize(response_type="code token", response_mode="query.jwt"), "fragment")

    assert refused["error"] == "invalid_request"
    answer = answer_of(party.authorize(response_type="code token", response_mode="jwt"), "fragment", signed=True)
    assert answer.keys() == {"response"}


@pytest.mark.parametrize(
    "members",
    [
        {"id_token_encrypted_response_alg": "ECDH-ES"},
        {"userinfo_encrypted_response_enc": "A128GCM"},
        {"id_token_signed_response_alg": "none"},
        {"authorization_signed_response_alg": "HS256"},
        {"id_token_encrypted_response_alg": "RSA1_5", "jwks": JWKS},
    ],
)
def test_what_cannot_be_done_cannot_be_registered(register, members):
    with pytest.raises(InvalidMetadata):
        register("appli", **members)


def test_a_signed_answer_of_userinfo_is_no_hint(register):
    """ATTACKS 34."""
    party = register("appli", userinfo_signed_response_alg="RS256")
    party.log_in()
    signed = party.userinfo(party.redeem(party.code()).json["access_token"]).text

    assert "error=invalid_request" in party.authorize(prompt="none", id_token_hint=signed).location
