"""JSON Web Tokens (RFC 7519, RFC 7515): `cryptography` signs ours, joserfc verifies others' behind a strict decoder."""

import hashlib
import hmac
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from idp.oidc.seal import decode_base64url
from idp.oidc.server_facts import Facts

SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
VERIFYING_ALGORITHMS = SIGNING_ALGORITHMS
KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
CURVES = {"EC": "P-256", "OKP": "Ed25519"}
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
FORBIDDEN_HEADERS = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"})
MAXIMUM = 8192

# FAPI 2.0 and OpenID clients still say `EdDSA`, which RFC 9864 renames.
warnings.filterwarnings("ignore", message="EdDSA is deprecated")

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class _Limits(jws.JWSRegistry):
    """joserfc's own ceilings refuse proofs whose header holds an RSA key; the strict decoder has measured already."""

    max_header_length = MAXIMUM
    max_signature_length = MAXIMUM


class InvalidJwt(Exception):
    """The token is malformed, or no key of its owner signed it."""


def encode_base64url(data: bytes) -> bytes:
    """base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=")


class SigningKey:
    """A private key with its identifier; headers are encoded once (PERFORMANCE rule 11)."""

    def __init__(self, kid: str, private_key: PrivateKey, alg: str = "") -> None:
        self.kid = kid
        self.alg = alg or _usual_algorithm(private_key)
        self._signature = _signer(private_key, self.alg)
        self._headers: dict[str, bytes] = {}
        self.public_jwk: dict[str, Any] = {
            **public_members(private_key),
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


def _usual_algorithm(key: PrivateKey) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "EdDSA"


def _signer(key: PrivateKey, alg: str) -> Callable[[bytes], bytes]:
    """The signature of that algorithm (RFC 7518 §3, RFC 8037 §3.1). Raises ValueError when the key does not fit."""
    if alg == "RS256" and isinstance(key, rsa.RSAPrivateKey):
        return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    if alg == "PS256" and isinstance(key, rsa.RSAPrivateKey):
        return lambda message: key.sign(message, PSS, hashes.SHA256())
    if alg == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return lambda message: _ecdsa(key, message)
    if alg == "EdDSA" and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    raise ValueError(f"the key does not fit {alg}")


def _ecdsa(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def public_members(key: PrivateKey) -> dict[str, str]:
    """The public half as a JWK says it (RFC 7518 §6, RFC 8037 §2)."""
    if isinstance(key, rsa.RSAPrivateKey):
        rsa_numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(raw).decode()}
    ec_numbers = key.public_key().public_numbers()
    x, y = ec_numbers.x.to_bytes(32, "big"), ec_numbers.y.to_bytes(32, "big")
    return {"kty": "EC", "crv": "P-256", "x": encode_base64url(x).decode(), "y": encode_base64url(y).decode()}


def _integer(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()


def decode_unverified(
    token: str, maximum: int = MAXIMUM, *, allowed_headers: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a compact JWT whose signature is still to be checked. Raises InvalidJwt.

    One strict decoder: three canonical base64url segments, JSON objects, no header member that moves trust (RFC 8725).
    """
    segments = token.split(".")
    if len(token) > maximum or len(segments) != 3:
        raise InvalidJwt("not a compact JWT")
    parts = [decode_base64url(segment, maximum) for segment in segments]
    if parts[0] is None or parts[1] is None or not parts[2]:
        raise InvalidJwt("malformed segment")
    try:
        header, claims = orjson.loads(parts[0]), orjson.loads(parts[1])
    except orjson.JSONDecodeError:
        raise InvalidJwt("not JSON") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidJwt("not JSON objects")
    if FORBIDDEN_HEADERS & header.keys() - allowed_headers:
        raise InvalidJwt("header refused")
    return header, claims


def decode_unsigned(token: str, maximum: int = MAXIMUM) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT that says itself that nobody signed it (RFC 7519 §6). Raises InvalidJwt.

    Only for what a client registered to send so.
    """
    if not token.endswith("."):
        raise InvalidJwt("signed, though registered as unsigned")
    header, claims = decode_unverified(f"{token}AA", maximum)  # the decoder wants three segments
    if header.get("alg") != "none":
        raise InvalidJwt("unsigned, though it names an algorithm")
    return header, claims


def verify(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    algorithms: Sequence[str] = VERIFYING_ALGORITHMS,
    maximum: int = MAXIMUM,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT that one of these public JWKs signed. Raises InvalidJwt.

    The key's type must fit the algorithm; a key that registers an `alg` verifies that one alone (RFC 8725 §3.1).
    """
    header, claims = decode_unverified(token, maximum)
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in algorithms:
        raise InvalidJwt("algorithm refused")
    for jwk in keys:
        if (kid is not None and jwk.get("kid") not in (None, kid)) or jwk.get("alg") not in (None, alg):
            continue
        if jwk.get("use") != "enc" and is_signed_by(token, alg, jwk):
            return header, claims
    raise InvalidJwt("no key verifies the signature")


def is_signed_by(token: str, alg: str, jwk: Mapping[str, Any]) -> bool:
    """Whether that public JWK verifies the signature; its type must fit the algorithm."""
    if jwk.get("kty") != KEY_TYPES.get(alg):
        return False
    try:
        jws.deserialize_compact(token.encode(), _import(jwk), registry=_Limits(algorithms=[alg]))
    except (JoseError, ValueError):
        return False
    return True


def _import(jwk: Mapping[str, Any]) -> RSAKey | ECKey | OKPKey:
    if jwk.get("crv") != CURVES.get(str(jwk.get("kty"))):
        raise ValueError("curve refused")
    key = import_key({name: value for name, value in jwk.items() if name in ("kty", "n", "e", "crv", "x", "y")})
    if isinstance(key, RSAKey) and key.public_key.key_size >= 2048:
        return key
    if isinstance(key, ECKey | OKPKey):
        return key
    raise ValueError("key refused")


def verify_with_secret(token: str, secret: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT that this secret signed with HS256. Raises InvalidJwt."""
    header, claims = decode_unverified(token)
    if header.get("alg") != "HS256" or len(secret) < 32:
        raise InvalidJwt("algorithm refused")
    message, _, signature = token.rpartition(".")
    expected = encode_base64url(hmac.digest(secret.encode(), message.encode(), "sha256"))
    if not hmac.compare_digest(expected, signature.encode()):
        raise InvalidJwt("wrong signature")
    return header, claims


def left_half_hash(value: str, alg: str = "RS256") -> str:
    """`at_hash` and `c_hash`: by the hash of the ID token's algorithm (OpenID Connect Core §3.1.3.6).

    EdDSA with Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
    """
    digest = hashlib.sha512 if alg == "EdDSA" else hashlib.sha256
    whole = digest(value.encode("ascii")).digest()
    return encode_base64url(whole[: len(whole) // 2]).decode()


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3, JARM §4, RFC 9701 §7: what the provider signs, and with what."""
    kinds = ("id_token", "userinfo", "authorization", "introspection")
    return {f"{kind}_signing_alg_values_supported": list(facts.algorithms) for kind in kinds}
