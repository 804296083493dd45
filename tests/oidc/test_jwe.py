"""Encrypted tokens: what opens, what is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.oidc import jwe, jwt

RSA = jwe.DecryptionKey("rsa", rsa.generate_private_key(public_exponent=65537, key_size=2048))
EC = jwe.DecryptionKey("ec", ec.generate_private_key(ec.SECP256R1()))
KEYS = [RSA, EC]
PUBLIC = [RSA.public_jwk, EC.public_jwk]


@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
@pytest.mark.parametrize("enc", jwe.ENCODINGS)
def test_every_algorithm_opens_with_our_key(alg, enc):
    token = jwe.encrypt(b"a.b.c", PUBLIC, alg, enc)

    assert jwe.decrypt(token, KEYS) == "a.b.c"


def test_a_recipient_without_a_fitting_key_is_told():
    with pytest.raises(jwe.NoKey):
        jwe.encrypt(b"a.b.c", [{**RSA.public_jwk, "use": "sig"}], "RSA-OAEP-256", "A128GCM")


def test_only_the_registered_algorithms_open():
    token = jwe.encrypt(b"a.b.c", PUBLIC, "ECDH-ES", "A128GCM")

    with pytest.raises(jwt.InvalidJwt):
        jwe.decrypt(token, KEYS, algorithms=["RSA-OAEP-256"])
    with pytest.raises(jwt.InvalidJwt):
        jwe.decrypt(token, KEYS, encodings=["A256GCM"])


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"dir","enc":"A128GCM"}',
        b'{"alg":"RSA1_5","enc":"A128GCM"}',
        b'{"alg":"RSA-OAEP-256","enc":"A128GCM","zip":"DEF"}',
        b'{"alg":"RSA-OAEP-256","enc":"A128GCM","crit":["x"],"x":1}',
        b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":1000000000}',
        b"[]",
        b"{",
    ],
)
def test_dangerous_headers_are_refused(header):
    """ATTACKS 16: no compression bomb, no password iterations, no algorithm of the sender's choice."""
    token = jwe.encrypt(b"a.b.c", PUBLIC, "RSA-OAEP-256", "A128GCM").split(".")

    with pytest.raises(jwt.InvalidJwt):
        jwe.decrypt(".".join([jwt.encode_base64url(header).decode(), *token[1:]]), KEYS)


def test_trailing_bytes_and_damage_are_refused():
    """ATTACKS 16."""
    token = jwe.encrypt(b"a.b.c", PUBLIC, "ECDH-ES", "A128GCM")

    for bad in (token + "=", token + ".x", token[:-3] + "AAA", token.replace(".", "..", 1)):
        with pytest.raises(jwt.InvalidJwt):
            jwe.decrypt(bad, KEYS)
