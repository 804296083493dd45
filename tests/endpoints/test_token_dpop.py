"""Sender-constrained tokens: ATTACKS 43 and 44, and the rows of the conformance suite's DPoP modules."""

import msgspec
import pytest
from joserfc.jwk import OctKey, RSAKey

from idp.app import create_app
from tests.endpoints.conftest import REDIRECT_URI, VERIFIER
from tests.endpoints.proofs import ISSUER, Prover


@pytest.fixture
def key():
    return Prover()


def redeem(party, proof, code="", **changes):
    form = {"grant_type": "authorization_code", "redirect_uri": "https://portail.example.fr/retour"}
    form |= {"code": code or party.code(), "code_verifier": "v" * 43, **changes}
    return party.post("/token", form, headers={"DPoP": proof} if proof else {})


def userinfo(party, token, proof, scheme="DPoP", method="GET"):
    headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
    return party.browser.open("/userinfo", method=method, headers=headers)


@pytest.fixture
def bound(portal, key):
    """A bound access token of a parent who is logged in."""
    portal.log_in()
    answer = redeem(portal, key.proof())
    assert answer.json["token_type"] == "DPoP"
    return answer.json


def test_a_bound_token_works_with_its_key(portal, key, bound):
    token = bound["access_token"]

    assert userinfo(portal, token, key.proof("/userinfo", "GET", token)).status_code == 200
    assert userinfo(portal, token, key.proof("/userinfo", "POST", token), "dpop", "POST").status_code == 200
    assert userinfo(portal, token, key.proof("/userinfo", "GET", token), "DPOP").status_code == 200


def test_a_bound_token_says_so_to_who_introspects_it(portal, key, bound):
    answer = portal.post("/introspect", {"token": bound["access_token"]}).json

    assert answer["cnf"] == {"jkt": key.jkt}
    assert answer["token_type"] == "DPoP"


def test_a_bound_token_is_no_bearer_token(portal, key, bound):
    """ATTACKS 44: downgrade to Bearer."""
    token = bound["access_token"]

    answer = userinfo(portal, token, key.proof("/userinfo", "GET", token), "Bearer")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert any(value.startswith("DPoP ") for value in answer.headers.getlist("WWW-Authenticate"))


def test_a_bearer_token_is_no_bound_token(portal, key):
    portal.log_in()
    token = portal.redeem(portal.code()).json["access_token"]

    assert userinfo(portal, token, key.proof("/userinfo", "GET", token)).status_code == 401


WRONG = {
    "typ": {"header": {"typ": "JWT"}},
    "no typ": {"header": {"typ": None}},
    "no jwk": {"header": {"jwk": None}},
    "no jti": {"jti": None},
    "no htm": {"htm": None},
    "no htu": {"htu": None},
    "no iat": {"iat": None},
    "no ath": {"ath": None},
    "other ath": {"ath": "a" * 43},
    "other htm": {"htm": "PUT"},
    "other htu": {"htu": ISSUER + "/token"},
    "other host": {"htu": "http://evil.example/userinfo"},
    "user in htu": {"htu": "http://a@127.0.0.1:8000/userinfo"},
    "an hour old": {"iat": 1},
    "an hour ahead": {"iat": 4_000_000_000},
    "iat no number": {"iat": "now"},
    "jti no text": {"jti": 7},
    "long jti": {"jti": "j" * 300},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_proof_is_401(portal, key, bound, changes):
    """ATTACKS 43; conformance: dpop-negative-tests."""
    token = bound["access_token"]

    answer = userinfo(portal, token, key.proof("/userinfo", "GET", token, **changes))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_dpop_proof")


def test_other_keys_algorithms_and_signatures_are_401(portal, key, bound):
    """ATTACKS 43: another key, RS256, a MAC, a private key inside, a signature by somebody else, none at all."""
    token, other = bound["access_token"], Prover()
    weak = RSAKey.generate_key(2048)
    proofs = [
        other.proof("/userinfo", "GET", token),
        key.proof("/userinfo", "GET", token, key=other.key),
        key.proof("/userinfo", "GET", token, header={"jwk": key.key.as_dict(private=True)}),
        key.proof("/userinfo", "GET", token, key=weak, alg="RS256", header={"jwk": weak.as_dict(private=False)}),
        key.proof("/userinfo", "GET", token, key=OctKey.import_key("k" * 32), alg="HS256"),
        key.proof("/userinfo", "GET", token).rpartition(".")[0] + ".",
        "malformed",
        key.proof("/userinfo", "GET", token) + ", " + key.proof("/userinfo", "GET", token),
        "",
    ]

    assert [userinfo(portal, token, proof).status_code for proof in proofs] == [401] * len(proofs)


def test_a_proof_serves_once(portal, key, bound):
    """ATTACKS 43: replay."""
    token = bound["access_token"]
    proof = key.proof("/userinfo", "GET", token)

    assert userinfo(portal, token, proof).status_code == 200
    assert userinfo(portal, token, proof).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"htu": ISSUER + "/userinfo?a=b#c"},
        {"htu": "HTTP://127.0.0.1:8000/userinfo"},
        {"nbf": 1, "exp": 2, "extra": {"a": 1}},
    ],
)
def test_a_proof_may_write_the_address_otherwise_and_say_more(portal, key, bound, changes):
    """Conformance: htu without query and fragment, host folded; check-dpop-proof-nbf-exp."""
    token = bound["access_token"]

    assert userinfo(portal, token, key.proof("/userinfo", "GET", token, **changes)).status_code == 200


@pytest.mark.parametrize("seconds", [-10, 10])
def test_a_clock_ten_seconds_off_is_forgiven(portal, key, bound, clock, seconds):
    """Conformance: ensure-dpopproof-with-iat-10seconds-before/-after-succeeds."""
    token, now = bound["access_token"], int(clock().timestamp())

    assert userinfo(portal, token, key.proof("/userinfo", "GET", token, iat=now + seconds)).status_code == 200


def test_a_wrong_proof_at_the_token_endpoint_leaves_the_code_alone(portal, key):
    portal.log_in()
    code = portal.code()

    wrong = redeem(portal, key.proof("/userinfo"), code)

    assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_dpop_proof")
    assert redeem(portal, key.proof(), code).status_code == 200


def test_a_refresh_token_of_a_public_client_stays_with_its_key(register, key):
    """ATTACKS 43: other key at refresh; without a proof. The family lives on (RFC 9449 §5)."""
    public = register("mobile", token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"])
    public.log_in()
    form = {"grant_type": "authorization_code", "code": public.code(), "redirect_uri": REDIRECT_URI}
    form |= {"code_verifier": VERIFIER, "client_id": "mobile"}
    bound = public.browser.post("/token", data=form, headers={"DPoP": key.proof()}).json
    form = {"grant_type": "refresh_token", "refresh_token": bound["refresh_token"], "client_id": "mobile"}

    for headers in ({"DPoP": Prover().proof()}, {}):
        answer = public.browser.post("/token", data=form, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")
    again = public.browser.post("/token", data=form, headers={"DPoP": key.proof()})
    assert again.json["token_type"] == "DPoP"


def test_a_confidential_client_may_take_a_new_key_but_goes_back_to_no_bearer_token(portal, bound):
    """RFC 9449 §5: its refresh token is bound to the client (fapi2-security-profile-final-refresh-token)."""
    new = Prover()
    form = {"grant_type": "refresh_token", "refresh_token": bound["refresh_token"]}

    without = portal.post("/token", form)
    again = portal.post("/token", form, headers={"DPoP": new.proof()}).json

    assert (without.status_code, without.json["error"]) == (400, "invalid_dpop_proof")
    token = again["access_token"]
    assert userinfo(portal, token, new.proof("/userinfo", "GET", token)).status_code == 200


def test_a_client_registered_for_bound_tokens_gets_no_other(register):
    party = register("lsu", dpop_bound_access_tokens=True)
    party.log_in()

    assert party.redeem(party.code()).json["error"] == "invalid_dpop_proof"


def test_a_code_bound_to_a_key_is_dead_in_other_hands(register, key, app):
    """Conformance: ensure-token-endpoint-fails-with-mismatched-dpop-jkt."""
    party = register("lsu")
    party.log_in()
    code = party.code(dpop_jkt=key.jkt)

    assert redeem(party, Prover().proof(), code).json["error"] == "invalid_grant"
    assert redeem(party, key.proof(), code).json["error"] == "invalid_grant"
    assert redeem(party, key.proof(), party.code(dpop_jkt=key.jkt)).status_code == 200


def test_with_the_setting_a_nonce_of_the_server_is_needed(settings, register, app, key, clock):
    tokens = msgspec.structs.replace(settings.tokens, dpop_nonce=True)
    strict = create_app(msgspec.structs.replace(settings, tokens=tokens))
    party = register("lsu")
    party.log_in()
    code = party.code()
    party.browser.application = strict
    first = redeem(party, key.proof(), code)

    second = redeem(party, key.proof(nonce=first.headers["DPoP-Nonce"]), code)

    assert (first.status_code, first.json["error"]) == (400, "use_dpop_nonce")
    assert second.status_code == 200
    token = second.json["access_token"]
    asked = userinfo(party, token, key.proof("/userinfo", "GET", token))
    assert (asked.status_code, asked.json["error"]) == (401, "use_dpop_nonce")
    clock.advance(minutes=6)
    late = redeem(party, key.proof(nonce=first.headers["DPoP-Nonce"]), code)
    assert late.json["error"] == "use_dpop_nonce"
    strict.extensions["idp"].hot.close()


def test_discovery_names_the_algorithms_of_proofs(portal):
    document = portal.browser.get("/.well-known/openid-configuration").json

    assert document["dpop_signing_alg_values_supported"] == ["PS256", "ES256", "EdDSA"]
