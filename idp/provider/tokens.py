"""Tokens as they are made: sealed or RFC 9068 access tokens, refresh tokens, ID tokens."""

from collections.abc import Collection, Sequence
from typing import Any

from idp.oidc import jwt
from idp.provider.claims import for_id_token
from idp.provider.core import AccessToken, GrantDetails, Provider, RefreshToken
from idp.provider.protection import encrypt
from idp.provider.sender_constraint import as_claim
from idp.relying_parties.cache import RelyingParty

REFRESH_MARK = "r~"
"""Allowed in a token and in no base64url text (RFC 6750 §2.1)."""


def access_token(provider: Provider, client: RelyingParty, token: AccessToken) -> str:
    """Sealed for our own endpoints (PERFORMANCE rule 5), a signed `at+jwt` for other resource servers (RFC 9068 §2)."""
    if not token.audience:
        return provider.seal("access", token)
    audience = token.audience.split()
    claims: dict[str, Any] = {
        "iss": provider.issuer,
        "sub": provider.subject_of(token.account_id, client) if token.account_id else client.client_id,
        "aud": audience[0] if len(audience) == 1 else audience,
        "client_id": client.client_id,
        "scope": token.scope,
        "iat": token.issued_at // 1000,
        "exp": token.expires_at // 1000,
        "jti": provider.seal("jti", token),
    }
    if token.confirmation:
        claims["cnf"] = as_claim(token.confirmation)
    if token.actors:
        claims["act"] = acting(token.actors.split())
    return provider.keys.get().current[client.alg].sign(claims, "at+jwt")


def acting(actors: Sequence[str]) -> dict[str, Any]:
    """`act`: who acts for the account, the earlier ones inside (RFC 8693 §4.1)."""
    return {"sub": actors[0], **({"act": acting(actors[1:])} if len(actors) > 1 else {})}


def refresh_token(provider: Provider, token: RefreshToken) -> str:
    """A sealed name of a grant and its generation; the mark tells its kind before anything is opened."""
    return REFRESH_MARK + provider.seal("refresh", token)


def id_token(
    provider: Provider,
    client: RelyingParty,
    *,
    account_id: str,
    session_id: str,
    details: GrantDetails,
    now: int,
    access: str = "",
    code: str = "",
    nonce: str = "",
    scopes: Collection[str] = (),
) -> str:
    """OpenID Connect Core §2; `auth_time`, `acr` and `amr` are those of the login, at each refresh too.

    `scopes` are those whose claims the ID token itself must carry.
    """
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
    }
    if access:
        claims["at_hash"] = jwt.left_half_hash(access, client.alg)
    if code:
        claims["c_hash"] = jwt.left_half_hash(code, client.alg)
    if nonce:
        claims["nonce"] = nonce
    if scopes or details.claims:
        # Claims about the token itself are never overwritten.
        claims = for_id_token(provider, client, account_id, scopes, details.claims) | claims
    token = provider.keys.get().current[client.alg].sign(claims)
    if client.id_token.encrypted:
        return encrypt(provider, client, token.encode(), client.id_token)
    return token
