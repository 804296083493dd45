"""Demonstrating Proof of Possession (RFC 9449): what a proof must say, and whose key it shows."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from idp.oidc import jwt
from idp.oidc.key_set import PRIVATE_MEMBERS
from idp.oidc.profiles import STRONG
from idp.oidc.server_facts import Facts

ALGORITHMS = STRONG
MAXIMUM_AGE_SECONDS = 60
THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
DEFAULT_PORTS = {"https": 443, "http": 80}
JWK_HEADER = frozenset({"jwk"})


class InvalidProof(Exception):
    """The proof shows nothing; the text is for the log."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A good proof: the thumbprint of its key, its own identifier and instant (seconds), the nonce it answers."""

    jkt: str
    jti: str
    iat: int
    nonce: str


def check(proof: str, *, method: str, urls: Collection[str], now: int, leeway: int, access_token: str = "") -> Proof:
    """Examine a proof for a request to one of these addresses (RFC 9449 §4.3), at `now` in seconds.

    Raises InvalidProof.
    """
    try:
        header, claims = jwt.decode_unverified(proof, allowed_headers=JWK_HEADER)
    except jwt.InvalidJwt as error:
        raise InvalidProof(str(error)) from None
    alg, jwk = header.get("alg"), header.get("jwk")
    if header.get("typ") != "dpop+jwt" or not isinstance(alg, str) or alg not in ALGORITHMS:
        raise InvalidProof("typ or alg refused")
    if not isinstance(jwk, dict) or PRIVATE_MEMBERS & jwk.keys():
        raise InvalidProof("jwk is no public key")
    if claims.get("htm") != method or not _is_one_of(claims.get("htu"), urls):
        raise InvalidProof("for another request")
    if access_token and claims.get("ath") != hash_of(access_token):
        raise InvalidProof("for another access token")
    jti, nonce = claims.get("jti"), claims.get("nonce", "")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 256 or not isinstance(nonce, str):
        raise InvalidProof("jti or nonce is no text")
    iat = _recent(claims.get("iat"), now, leeway)
    if not jwt.is_signed_by(proof, alg, jwk):
        raise InvalidProof("wrong signature")
    return Proof(thumbprint(jwk), jti, iat, nonce)


def _recent(iat: object, now: int, leeway: int) -> int:
    if not isinstance(iat, (int, float)) or isinstance(iat, bool):
        raise InvalidProof("iat is no number")
    if not now - MAXIMUM_AGE_SECONDS <= iat <= now + leeway:
        raise InvalidProof("too old, or from the future")
    return int(iat)


def hash_of(access_token: str) -> str:
    """`ath` (RFC 9449 §4.2)."""
    return jwt.encode_base64url(hashlib.sha256(access_token.encode("utf-8", "surrogatepass")).digest()).decode()


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """SHA-256 thumbprint of a public key that verified a signature (RFC 7638 §3)."""
    members = {name: jwk[name] for name in THUMBPRINT_MEMBERS[jwk["kty"]]}
    digest = hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _is_one_of(htu: object, urls: Collection[str]) -> bool:
    """Compared without query and fragment, host in lower case, default port left out (RFC 9449 §4.3)."""
    if not isinstance(htu, str) or len(htu) > 2048:
        return False
    return htu in urls or ((asked := _normal(htu)) is not None and asked in map(_normal, urls))


def _normal(url: str) -> tuple[str, str | None, int | None, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if "@" in parts.netloc:
        return None
    return (parts.scheme, parts.hostname, port, parts.path or "/")


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 9449 §5.1."""
    return {"dpop_signing_alg_values_supported": list(ALGORITHMS)}
