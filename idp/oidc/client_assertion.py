"""Checks of a `private_key_jwt` assertion's claims (RFC 7523 §3, OpenID Connect Core §9)."""

from collections.abc import Collection, Mapping
from typing import Any

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAXIMUM_LIFE_SECONDS = 300


class AssertionRefused(Exception):
    """The claims do not make a good assertion; the text is for the log."""


def check_claims(
    claims: Mapping[str, Any], *, client_id: str, audiences: Collection[str], now: int, leeway: int
) -> tuple[str, int]:
    """The assertion's `jti` and `exp` (seconds). Raises AssertionRefused.

    `aud` is one string, never an array, so that an assertion for another server is worth nothing here.
    """
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise AssertionRefused("iss and sub must be the client_id")
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in audiences:
        raise AssertionRefused("aud is not this provider")
    exp, jti = _number(claims, "exp"), claims.get("jti")
    if exp <= now - leeway:
        raise AssertionRefused("expired")
    if exp > now + MAXIMUM_LIFE_SECONDS + leeway:
        raise AssertionRefused("lives too long")
    if any(name in claims and _number(claims, name) > now + leeway for name in ("nbf", "iat")):
        raise AssertionRefused("nbf or iat is in the future")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 256:
        raise AssertionRefused("jti is missing")
    return jti, int(exp)


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 1 << 40:
        raise AssertionRefused(f"{name} is missing or no number")
    return value
