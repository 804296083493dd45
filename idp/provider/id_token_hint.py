"""ID tokens that come back as a hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2)."""

from idp.oidc import jwt
from idp.provider.core import Provider

MEMBERS = frozenset({"sub", "aud", "exp", "auth_time"})
"""Of every ID token of ours; a signed userinfo answer has no end and no login."""


def read_id_token_hint(provider: Provider, hint: str) -> dict[str, object] | None:
    """Claims of an ID token of ours, retired keys and ended tokens included; None for anything else."""
    try:
        header, claims = jwt.verify(hint, provider.keys.get().verifying(), jwt.SIGNING_ALGORITHMS)
    except jwt.InvalidJwt:
        return None
    if header.get("typ") != "JWT" or claims.get("iss") != provider.issuer or not claims.keys() >= MEMBERS:
        return None
    return claims
