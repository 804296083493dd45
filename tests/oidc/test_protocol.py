"""The pure functions of the protocol."""

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc import client_assertion, jwt, pkce, redirect_uri, seal, subject
from idp.oidc.errors import ProtocolError
from idp.oidc.request import parse

EC = jwt.SigningKey("ec", ec.generate_private_key(ec.SECP256R1()))
RSA = jwt.SigningKey("rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048))


@given(st.binary(max_size=500))
def test_any_bytes_are_parsed_or_refused(raw):
    with contextlib.suppress(ProtocolError):
        parse(raw)


def test_a_doubled_parameter_is_no_value():
    parameters = parse(b"a=1&b=2&a=3")

    assert dict(parameters.values) == {"b": "2"}
    with pytest.raises(ProtocolError):
        parameters.refuse_defects()


def test_the_challenge_of_rfc_7636_appendix_b_matches():
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    assert pkce.matches(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert not pkce.matches(challenge, "x" * 43)


def test_a_seal_opens_for_its_purpose_alone():
    sealer = seal.Sealer([b"k" * 32])
    text = sealer.seal("code", ["a"])

    assert sealer.open("code", text, list) == ["a"]
    for purpose, damaged in (("refresh", text), ("code", text[:-2]), ("code", text + "="), ("code", "é")):
        with pytest.raises(seal.Unsealable):
            sealer.open(purpose, damaged, list)


def test_a_key_rotated_out_of_use_still_opens():
    text = seal.Sealer([b"a" * 32]).seal("code", ["a"])

    assert seal.Sealer([b"b" * 32, b"a" * 32]).open("code", text, list) == ["a"]


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES256", "RS256"])
def test_what_we_sign_verifies_with_the_public_key(key):
    token = key.sign({"sub": "a"}, "at+jwt")

    header, claims = jwt.verify(token, [key.public_jwk])

    assert (header["typ"], claims) == ("at+jwt", {"sub": "a"})


def test_a_foreign_damaged_or_unsigned_token_is_refused():
    token = EC.sign({"sub": "a"})
    unsigned = "eyJhbGciOiJub25lIn0.e30."

    for bad, keys in ((token, [RSA.public_jwk]), (token[:-4] + "AAAA", [EC.public_jwk]), (unsigned, [EC.public_jwk])):
        with pytest.raises(jwt.InvalidJwt):
            jwt.verify(bad, keys)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "http://rp.fr/cb",
        "https://rp.fr/cb#",
        "https://*.rp.fr/cb",
        "https://rp.fr\\@evil.fr/",
        "https://rp.fr@evil.fr/cb",
        "https://rp.fr/a/../b",
        "https://rp.fr/%2e%2e/b",
        "https://[",
        f"https://{'a' * 400}.fr/cb",
        f"https://rp.fr:{'0' * 400}443/cb",
        "",
    ],
)
def test_dangerous_redirect_uris_cannot_be_registered(uri):
    assert redirect_uri.problem(uri)


def test_an_app_s_own_scheme_names_no_host():
    """RFC 8252 §7.1: one slash; a host there would pass for another service's sector."""
    assert not redirect_uri.problem("fr.cantine.app:/retour", native=True)
    for uri in ("fr.cantine.app://portail.example.fr/retour", "fr.cantine.app:///retour"):
        assert "one slash" in redirect_uri.problem(uri, native=True)


def test_only_a_native_client_has_a_free_port_on_a_loopback_address():
    registered = ["http://127.0.0.1/cb"]

    assert redirect_uri.is_registered("http://127.0.0.1:5000/cb", registered, native=True)
    assert not redirect_uri.is_registered("http://127.0.0.1:5000/cb", registered)
    assert not redirect_uri.is_registered("http://127.0.0.1:5000/other", registered, native=True)
    for odd in ("80@evil.fr", "\u0661\u0662", "\uff11", "99999", "123456", ""):
        assert not redirect_uri.is_registered(f"http://127.0.0.1:{odd}/cb", registered, native=True)


def test_subjects_differ_by_sector_and_kind():
    key = b"k" * 32
    values = {
        subject.pairwise(key, "a", "1"),
        subject.pairwise(key, "b", "1"),
        subject.child(key, "a", "1"),
        subject.public(key, "1"),
    }

    assert len(values) == 4
    assert {len(value) for value in values} == {43}


@pytest.mark.parametrize(
    "change",
    [{"aud": ["https://op"]}, {"aud": "https://other"}, {"exp": 900}, {"exp": 2000}, {"sub": "b"}, {"jti": ""}],
)
def test_a_bad_assertion_is_refused(change):
    claims = {"iss": "a", "sub": "a", "aud": "https://op", "exp": 1200, "jti": "1"}
    context = {"client_id": "a", "audiences": ("https://op",), "now": 1000, "leeway": 10}
    assert client_assertion.check_claims(claims, **context) == ("1", 1200)

    with pytest.raises(client_assertion.AssertionRefused):
        client_assertion.check_claims({**claims, **change}, **context)
