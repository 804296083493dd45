"""Tokens as they are made: sealed or RFC 9068 access tokens, refresh tokens, ID tokens."""

from typing import Any

from idp.oidc import jwt
from idp.provider.core import AccessToken, GrantDetails, Provider, RefreshToken
from idp.relying_parties.cache import RelyingParty


def access_token(
    provider: Provider, client: RelyingParty, *, grant_id: str, account_id: str, scope: str, resource: str, now: int
) -> str:
    """Sealed for our own endpoints (PERFORMANCE rule 5), a signed `at+jwt` for another resource server (RFC 9068)."""
    expires_at = now + provider.settings.tokens.access_token_seconds * 1000
    value = AccessToken(grant_id, client.client_id, account_id, scope, now, expires_at)
    if not resource:
        return provider.seal("access", value)
    claims = {
        "iss": provider.issuer,
        "sub": provider.subject_of(account_id, client) if account_id else client.client_id,
        "aud": resource,
        "client_id": client.client_id,
        "scope": scope,
        "iat": now // 1000,
        "exp": expires_at // 1000,
        "jti": provider.seal("jti", value),
    }
    return provider.keys.get().current[client.alg].sign(claims, "at+jwt")


def refresh_token(
    provider: Provider,
    client: RelyingParty,
    *,
    grant_id: str,
    generation: int,
    scope: str,
    resource: str,
    expires_at: int,
) -> str:
    """A sealed name of a grant and its generation."""
    value = RefreshToken(grant_id, generation, client.client_id, scope, resource, expires_at)
    return provider.seal("refresh", value)


def id_token(
    provider: Provider,
    client: RelyingParty,
    *,
    account_id: str,
    session_id: str,
    details: GrantDetails,
    access: str,
    nonce: str,
    now: int,
) -> str:
    """OpenID Connect Core §2; `auth_time`, `acr` and `amr` are those of the login, at each refresh too."""
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "sub": provider.subject_of(account_id, client),
        "aud": client.client_id,
        "exp": now // 1000 + provider.settings.tokens.id_token_seconds,
        "iat": now // 1000,
        "auth_time": details.auth_time // 1000,
        "acr": details.acr,
        "amr": details.amr.split(),
        "sid": provider.sid_of(session_id, client),
        "at_hash": jwt.left_half_hash(access),
    }
    if nonce:
        claims["nonce"] = nonce
    return provider.keys.get().current[client.alg].sign(claims)
