"""Logout tokens (OpenID Connect Back-Channel Logout §2.4)."""

from collections.abc import Mapping
from typing import Any

from idp.oidc.server_facts import Facts

TYP = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFE_SECONDS = 120


def claims(*, issuer: str, client_id: str, subject: str, sid: str, jti: str, now: int) -> dict[str, Any]:
    """Its claims at an instant in seconds. Never a `nonce`, so that it does not pass for an ID token (attack 66)."""
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "jti": jti,
        "events": {EVENT: {}},
        "sid": sid,
    }


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Back-Channel Logout §2.1."""
    return {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}
