"""JSON Web Tokens: `cryptography` signs ours, joserfc verifies others' behind a strict decoder."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from idp.oidc.seal import decode_base64url

SIGNING_ALGORITHMS = ("RS256", "ES256")
VERIFYING_ALGORITHMS = ("RS256", "PS256", "ES256")
FORBIDDEN_HEADERS = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"})
MAXIMUM = 8192


class InvalidJwt(Exception):
    """The token is malformed, or no key of its owner signed it."""


def encode_base64url(data: bytes) -> bytes:
    """base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=")


class SigningKey:
    """A private key with its identifier; headers are encoded once (PERFORMANCE rule 11)."""

    def __init__(self, kid: str, private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self.private_key = private_key
        self.alg = "RS256" if isinstance(private_key, rsa.RSAPrivateKey) else "ES256"
        self._headers: dict[str, bytes] = {}
        self.public_jwk: dict[str, Any] = {
            **_public_members(private_key),
            "kid": kid,
            "alg": self.alg,
            "use": "sig",
        }

    def sign(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        """A compact JWT of that type."""
        header = self._headers.get(typ)
        if header is None:
            header = encode_base64url(orjson.dumps({"alg": self.alg, "kid": self.kid, "typ": typ}))
            self._headers[typ] = header
        message = header + b"." + encode_base64url(orjson.dumps(claims))
        return (message + b"." + encode_base64url(self._signature(message))).decode("ascii")

    def _signature(self, message: bytes) -> bytes:
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _public_members(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPrivateKey):
        rsa_numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
    ec_numbers = key.public_key().public_numbers()
    x, y = ec_numbers.x.to_bytes(32, "big"), ec_numbers.y.to_bytes(32, "big")
    return {"kty": "EC", "crv": "P-256", "x": encode_base64url(x).decode(), "y": encode_base64url(y).decode()}


def _integer(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()


def decode_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a compact JWT whose signature is still to be checked. Raises InvalidJwt.

    One strict decoder: three canonical base64url segments, JSON objects, no header member that moves trust (RFC 8725).
    """
    segments = token.split(".")
    if len(token) > MAXIMUM or len(segments) != 3:
        raise InvalidJwt("not a compact JWT")
    parts = [decode_base64url(segment) for segment in segments]
    if parts[0] is None or parts[1] is None or not parts[2]:
        raise InvalidJwt("malformed segment")
    try:
        header, claims = orjson.loads(parts[0]), orjson.loads(parts[1])
    except orjson.JSONDecodeError:
        raise InvalidJwt("not JSON") from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or FORBIDDEN_HEADERS & header.keys():
        raise InvalidJwt("header refused")
    return header, claims


def verify(
    token: str, keys: Sequence[Mapping[str, Any]], algorithms: Sequence[str] = VERIFYING_ALGORITHMS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT that one of these public JWKs signed. Raises InvalidJwt.

    The key's type must fit the algorithm; a key that registers an `alg` verifies that one alone (RFC 8725 §3.1).
    """
    header, claims = decode_unverified(token)
    alg, kid = header.get("alg"), header.get("kid")
    if alg not in algorithms:
        raise InvalidJwt("algorithm refused")
    for jwk in keys:
        if (kid is not None and jwk.get("kid") not in (None, kid)) or jwk.get("alg") not in (None, alg):
            continue
        if jwk.get("kty") != ("EC" if str(alg).startswith("ES") else "RSA") or jwk.get("use") == "enc":
            continue
        try:
            jws.deserialize_compact(token.encode(), _import(jwk), algorithms=[str(alg)])
        except (JoseError, ValueError):
            continue
        return header, claims
    raise InvalidJwt("no key verifies the signature")


def _import(jwk: Mapping[str, Any]) -> RSAKey | ECKey:
    key = import_key({name: value for name, value in jwk.items() if name in ("kty", "n", "e", "crv", "x", "y")})
    if isinstance(key, RSAKey) and key.public_key.key_size >= 2048:
        return key
    if isinstance(key, ECKey):
        return key
    raise ValueError("key refused")


def left_half_hash(value: str) -> str:
    """`at_hash` and `c_hash` for algorithms with SHA-256 (OpenID Connect Core §3.1.3.6)."""
    return encode_base64url(hashlib.sha256(value.encode("ascii")).digest()[:16]).decode()
