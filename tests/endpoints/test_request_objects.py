"""Requests as a JWT, by value and by reference (RFC 9101, OpenID Connect Core §6)."""

import base64
import json
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp import clock as time
from idp.oidc import jwe
from idp.oidc.jwt import SigningKey, encode_base64url
from idp.relying_parties.fetching import Fetched, NotFetched
from tests.endpoints.conftest import CHALLENGE, ISSUER, REDIRECT_URI, answer_of

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS = {
    "RS256": SigningKey("rs", RSA, "RS256"),
    "PS256": SigningKey("ps", RSA, "PS256"),
    "ES256": SigningKey("es", ec.generate_private_key(ec.SECP256R1())),
    "EdDSA": SigningKey("ed", ed25519.Ed25519PrivateKey.generate()),
}
JWKS = {"keys": [key.public_jwk for key in KEYS.values()]}
UNSIGNED = pytest.mark.parametrize("protocol", [{"unsigned_request_objects": True}], indirect=True)
BY_REFERENCE = pytest.mark.parametrize("protocol", [{"request_uri": True}], indirect=True)
ADDRESS = "https://banque.example.fr/demande.jwt"


@pytest.fixture
def bank(register):
    """A client with keys, logged in."""
    party = register("banque", jwks=JWKS)
    party.log_in()
    return party


def claims_of(**changes):
    now = int(time.now().timestamp())
    claims = {
        "iss": "banque",
        "aud": ISSUER,
        "exp": now + 300,
        "client_id": "banque",
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile",
        "state": "dedans",
        "nonce": "n" * 64,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in claims.items() if value != ""}


def signed(alg="ES256", typ="oauth-authz-req+jwt", **changes):
    return KEYS[alg].sign(claims_of(**changes), typ)


def ask(party, text, **outside):
    parameters = {"client_id": party.client_id, "request": text, **outside}
    return party.browser.get("/authorize?" + urlencode(parameters))


def refused(response, error="invalid_request_object"):
    assert response.status_code == 400, response.text
    assert "Location" not in response.headers
    assert f'data-error="{error}"' in response.text


@pytest.mark.parametrize("alg", KEYS)
def test_a_signed_request_is_answered(bank, alg):
    assert answer_of(ask(bank, signed(alg)))["state"] == "dedans"


@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
@pytest.mark.parametrize("enc", jwe.ENCODINGS)
def test_a_request_may_be_encrypted_to_the_published_keys(bank, alg, enc):
    published = [key for key in bank.browser.get("/jwks").json["keys"] if key["use"] == "enc"]

    assert "code" in answer_of(ask(bank, jwe.encrypt(signed().encode(), published, alg, enc)))


def test_only_what_the_object_says_counts(bank):
    """ATTACKS 17: scope, redirect URI and state beside it change nothing."""
    outside = {"scope": "openid eleves", "redirect_uri": "https://evil.example/", "state": "dehors", "prompt": "login"}

    answer = answer_of(ask(bank, signed(), **outside))

    assert answer["state"] == "dedans"
    assert "eleves" not in bank.redeem(answer["code"]).json["scope"]


def test_a_state_beside_the_object_is_not_used(bank):
    """ATTACKS 17."""
    assert "state" not in answer_of(ask(bank, signed(state=""), state="dehors"))


def test_another_client_id_inside_is_refused(bank):
    """ATTACKS 17."""
    refused(ask(bank, signed(client_id="portail")), "invalid_request")


def test_the_claims_parameter_and_numbers_may_be_json(bank):
    answer = answer_of(ask(bank, signed(claims={"id_token": {"email": None}}, max_age=10_000)))

    assert "code" in answer


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://autre.example"},
        {"aud": ""},
        {"aud": ["https://autre.example"]},
        {"iss": "portail"},
        {"iss": ""},
        {"exp": 1},
        {"exp": "demain"},
        {"nbf": 4_000_000_000},
        {"request": "a.b.c"},
        {"request_uri": "https://a.example"},
        {"redirect_uri": [REDIRECT_URI]},
        {"prompt": ["login"]},
        {"scope": None},
        {"state": "s" * 5000},
        {"extra": {"a": 1}},
    ],
)
def test_an_object_that_is_not_for_us_now_or_no_request_is_refused(bank, changes):
    refused(ask(bank, signed(**changes)))


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "secevent+jwt", "client-authentication+jwt"])
def test_a_token_of_another_kind_is_no_request(bank, typ):
    """ATTACKS 16."""
    refused(ask(bank, signed(typ=typ)))


def test_several_audiences_and_a_small_clock_difference_pass(bank):
    now = int(time.now().timestamp())

    assert "code" in answer_of(ask(bank, signed(aud=["https://autre.example", ISSUER], nbf=now + 8)))


def unsigned(**changes):
    header = encode_base64url(json.dumps({"alg": "none"}).encode()).decode()
    return f"{header}.{encode_base64url(json.dumps(claims_of(**changes)).encode()).decode()}."


def hmac_with_the_public_key():
    from joserfc import jws
    from joserfc.jwk import OctKey

    key = OctKey.import_key(json.dumps(KEYS["RS256"].public_jwk))
    return jws.serialize_compact({"alg": "HS256"}, json.dumps(claims_of()), key, algorithms=["HS256"])


def with_header(**members):
    """A token signed by a stranger whose header offers the key."""
    stranger = SigningKey("es", ec.generate_private_key(ec.SECP256R1()))
    header = {"alg": "ES256", "kid": "es", **members}
    stranger._headers["JWT"] = encode_base64url(json.dumps(header).encode())
    return stranger.sign(claims_of())


@pytest.mark.parametrize("make", [unsigned, hmac_with_the_public_key], ids=["none", "HS256"])
def test_an_object_that_the_client_did_not_sign_is_refused(bank, make):
    """ATTACKS 14.

    A trap of Authlib: request objects unsigned or for somebody else taken.
    """
    refused(ask(bank, make()))


@pytest.mark.parametrize(
    "members",
    [
        {"jwk": KEYS["ES256"].public_jwk},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x5u"},
        {"x5c": ["AAAA"]},
        {"kid": "../../keys/x"},
        {"kid": "' OR 1=1 --"},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
    ],
)
def test_a_header_never_says_which_key_to_trust(bank, members):
    """ATTACKS 15, 16."""
    refused(ask(bank, with_header(**members)))


def test_malformed_tokens_are_refused(bank):
    """ATTACKS 16."""
    good = signed()
    header, payload, signature = good.split(".")
    flattened = json.dumps({"protected": header, "payload": payload, "signature": signature})
    nested = KEYS["ES256"].sign({"payload": good})
    loose = base64.b64encode(base64.urlsafe_b64decode(payload + "==")).decode()
    for bad in (
        flattened,
        nested,
        good + "=",
        good + ".",
        f"{header}.{loose}=.{signature}",
        f"{good}\n",
        "." * 4,
        "é.é.é",
    ):
        refused(ask(bank, bad))


def test_the_registered_algorithm_alone_verifies(register):
    """ATTACKS 14: the algorithm comes from the registration, not from the header."""
    party = register("banque", jwks=JWKS, request_object_signing_alg="PS256")
    party.log_in()

    refused(ask(party, signed("RS256")))
    assert "code" in answer_of(ask(party, signed("PS256")))


def test_an_error_goes_to_a_good_redirect_uri_beside_the_object(bank):
    assert answer_of(ask(bank, "a.b.c", redirect_uri=REDIRECT_URI, state="x"))["error"] == "invalid_request_object"
    refused(ask(bank, "a.b.c", redirect_uri="https://evil.example/"), "invalid_request")


@UNSIGNED
def test_unsigned_objects_need_the_setting_and_the_registration(register, bank):
    party = register("banque2", request_object_signing_alg="none")
    party.account_id = bank.account_id
    party.log_in()

    assert "code" in answer_of(ask(party, unsigned(client_id="banque2", iss="", aud="")))
    refused(ask(bank, unsigned()))


def test_without_the_setting_nothing_unsigned_passes(register):
    """ATTACKS 14."""
    party = register("banque", request_object_signing_alg="none")
    party.log_in()

    refused(ask(party, unsigned()))
    document = party.browser.get("/.well-known/openid-configuration").json
    assert "none" not in document["request_object_signing_alg_values_supported"]


def test_a_client_may_want_its_requests_signed(register):
    """ATTACKS 14."""
    party = register("banque", jwks=JWKS, require_signed_request_object=True)
    party.log_in()

    assert answer_of(party.authorize())["error"] == "invalid_request"
    assert "code" in answer_of(ask(party, signed()))


def test_a_signed_request_survives_a_long_login(register, clock):
    party = register("banque", jwks=JWKS, require_signed_request_object=True)
    login = ask(party, signed()).location
    assert login.startswith("/connexion/")
    clock.advance(minutes=20)  # the object has ended meanwhile

    assert answer_of(party.logs_in_at(login))["state"] == "dedans"


def test_an_address_is_not_asked_by_default(bank, app, monkeypatch):
    """ATTACKS 19."""
    asked = []
    monkeypatch.setattr(app.extensions["idp"].provider.fetcher, "get", lambda *a, **k: asked.append(a))

    answer = answer_of(bank.authorize(request_uri=ADDRESS))

    assert answer["error"] == "request_uri_not_supported"
    assert asked == []


@BY_REFERENCE
def test_a_registered_address_is_read_and_no_other(register, app, monkeypatch):
    """ATTACKS 19."""
    party = register("banque", jwks=JWKS, request_uris=[ADDRESS + "#abc"])
    party.log_in()
    asked = []

    def get(url, **_):
        asked.append(url)
        return Fetched(200, "application/jwt", signed().encode())

    monkeypatch.setattr(app.extensions["idp"].provider.fetcher, "get", get)

    assert answer_of(party.authorize(request_uri=ADDRESS + "#abc", state=""))["state"] == "dedans"
    assert asked == [ADDRESS]
    for other in ("https://evil.example/x", "file:///etc/passwd", "http://169.254.169.254/", ADDRESS + "/x"):
        assert answer_of(party.authorize(request_uri=other))["error"] == "invalid_request_uri"
    assert asked == [ADDRESS]


@BY_REFERENCE
def test_an_address_that_fails_is_told(register, app, monkeypatch):
    party = register("banque", jwks=JWKS, request_uris=[ADDRESS])
    party.log_in()

    def get(url, **_):
        raise NotFetched("too slow")

    monkeypatch.setattr(app.extensions["idp"].provider.fetcher, "get", get)

    assert answer_of(party.authorize(request_uri=ADDRESS))["error"] == "invalid_request_uri"
    assert answer_of(party.authorize(request_uri=ADDRESS, request=signed()))["error"] == "invalid_request"
