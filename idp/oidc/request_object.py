"""Request objects (RFC 9101, OpenID Connect Core §6): what a verified one says, as plain parameters."""

from collections.abc import Mapping
from typing import Any

import orjson

from idp.oidc.jwt import VERIFYING_ALGORITHMS
from idp.oidc.request import CEILINGS, DEFAULT_CEILING, MAXIMUM_FIELDS
from idp.oidc.server_facts import Facts

MAXIMUM = 32_768
TYPES = ("jwt", "oauth-authz-req+jwt")
ABOUT_THE_TOKEN = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
LONGEST_SECONDS = 3600
"""FAPI 2.0 Message Signing §5.3.1: at most an hour from `nbf` to `exp`, and since `nbf`."""


class RequestObjectRefused(Exception):
    """The object is not for us, not now, or no request; the text is for the log."""


def check_claims(
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    *,
    client_id: str,
    issuer: str,
    now: int,
    leeway: int,
    signed: bool,
    strict: bool,
) -> None:
    """RFC 9101 §4, §10.8: made by this client for this provider, and now. `strict` is FAPI 2.0 Message Signing."""
    typ = header.get("typ", "jwt")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in TYPES:
        raise RequestObjectRefused("typ of another kind of token")
    if (signed or "iss" in claims) and claims.get("iss") != client_id:
        raise RequestObjectRefused("iss must be the client_id")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if (signed or "aud" in claims) and issuer not in audiences:
        raise RequestObjectRefused("aud is not this provider")
    _check_times(claims, now, leeway, strict=strict)


def _check_times(claims: Mapping[str, Any], now: int, leeway: int, *, strict: bool) -> None:
    exp, nbf, iat = (_instant(claims, name) for name in ("exp", "nbf", "iat"))
    if exp is not None and exp <= now - leeway:
        raise RequestObjectRefused("expired")
    if any(instant is not None and instant > now + leeway for instant in (nbf, iat)):
        raise RequestObjectRefused("nbf or iat is in the future")
    if not strict:
        return
    if exp is None or nbf is None:
        raise RequestObjectRefused("exp and nbf are required")
    if nbf < now - LONGEST_SECONDS - leeway or exp > nbf + LONGEST_SECONDS:
        raise RequestObjectRefused("lives too long")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1 << 40:
        raise RequestObjectRefused(f"{name} is no number")
    return value


def parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """The request's parameters, within the limits that hold for a query. Raises RequestObjectRefused."""
    if "request" in claims or "request_uri" in claims:
        raise RequestObjectRefused("a request object inside a request object")  # RFC 9101 §4
    values = {name: _text(name, value) for name, value in claims.items() if name not in ABOUT_THE_TOKEN}
    if len(values) > MAXIMUM_FIELDS:
        raise RequestObjectRefused("too many parameters")
    for name, value in values.items():
        if len(value) > CEILINGS.get(name, DEFAULT_CEILING) or "\0" in value:
            raise RequestObjectRefused(f"{name} is too long or holds NUL")
    return {name: value for name, value in values.items() if value}


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name == "claims" and isinstance(value, dict):
        return orjson.dumps(value).decode()
    raise RequestObjectRefused(f"{name} is neither text nor a number")


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3, RFC 9101 §10.5."""
    unsigned = ["none"] if facts.protocol.unsigned_request_objects else []
    return {
        "request_parameter_supported": True,
        "request_uri_parameter_supported": facts.protocol.request_uri,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": [*VERIFYING_ALGORITHMS, *unsigned],
    }
