"""What becomes of tokens afterwards: userinfo, introspection (RFC 7662), revocation (RFC 7009)."""

from typing import Any

from idp.accounts.models import MAY_LOG_IN
from idp.db.hot import Duplicate, Row
from idp.oidc import jwt
from idp.oidc.errors import ProtocolError, invalid_request, invalid_token
from idp.oidc.request import scopes
from idp.oidc.seal import Unsealable
from idp.provider import claims as account_claims
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider, RefreshToken
from idp.provider.protection import protect


def userinfo(provider: Provider, token: str, now: int) -> dict[str, Any] | str:
    """OpenID Connect Core §5.3: claims of the token's scopes; the grant and the account are asked each time.

    A JWT when the client registered so (§5.3.2).
    """
    try:
        access = provider.keys.get().sealer.open("access", token, AccessToken)
    except Unsealable:
        raise invalid_token("not an access token of ours") from None
    client = provider.clients.find(access.client_id)
    granted = scopes(access.scope)
    if access.expires_at <= now or client is None or not access.account_id:
        raise invalid_token("expired, without user, or its client is disabled")
    if "openid" not in granted:
        raise ProtocolError("insufficient_scope", "the scope openid is needed", status=403)
    row = _live_grant(provider, access.grant_id, now)
    if row is None:
        raise invalid_token("grant revoked or account closed")
    claims: dict[str, Any] = {"sub": provider.subject_of(access.account_id, client)}
    claims |= account_claims.of_scopes(provider, client, access.account_id, granted, row[7:])
    if former_ids := row[19]:
        claims["former_subs"] = provider.former_subjects(former_ids, client)
    if access.claims:
        claims |= account_claims.requested(provider, client, access.account_id, row[7:], access.claims, "userinfo")
    if not (client.userinfo.signed or client.userinfo.encrypted):
        return claims
    return protect(provider, client, {**claims, "iss": provider.issuer, "aud": client.client_id}, client.userinfo)


def _live_grant(provider: Provider, grant_id: str, now: int) -> Row | None:
    """The grant with its account, if both live, and its session too unless it is offline."""
    row = provider.hot.read(provider.sql.grant, {"v_id": grant_id, "v_now": now})
    if row is None:
        return None
    _, _, _, offline, revoked_at, ends_at, session_id, state = row[:8]
    lives = revoked_at is None and ends_at > now and state in MAY_LOG_IN and (offline or session_id is not None)
    return row if lives else None


def introspect(provider: Provider, request: ClientRequest) -> dict[str, Any]:
    """RFC 7662: about a client's own tokens, or those made for the resource server that asks; else inactive."""
    parameters, now = request.parameters, request.now
    parameters.refuse_defects()
    caller = authenticate(provider, request)
    if caller.is_public:
        raise ProtocolError("unauthorized_client", "introspection needs client authentication")
    text = parameters.get("token")
    if not text:
        raise invalid_request("token is missing")
    inactive = {"active": False}
    token = _open(provider, text)
    if token is None or token.expires_at <= now:
        return inactive
    audience = _audience(text) if "." in text else ""
    if caller.client_id != token.client_id and not (audience and audience == caller.resource_server):
        return inactive
    client = provider.clients.find(token.client_id)
    if client is None:
        return inactive
    answer = {"active": True, "client_id": token.client_id, "scope": token.scope, "iss": provider.issuer}
    answer |= {"exp": token.expires_at // 1000, **({"aud": audience} if audience else {})}
    if isinstance(token, AccessToken) and not token.account_id:
        row = provider.hot.read(provider.sql.grant, {"v_id": token.grant_id, "v_now": now})
        return inactive if row is not None else {**answer, "token_type": "Bearer", "sub": token.client_id}
    live = _live_grant(provider, token.grant_id, now)
    if live is None or (isinstance(token, RefreshToken) and live[2] != token.generation):
        return inactive
    if isinstance(token, AccessToken):
        answer |= {"token_type": "Bearer", "iat": token.issued_at // 1000}
    return {**answer, "sub": provider.subject_of(str(live[1]), client)}


def _open(provider: Provider, text: str) -> AccessToken | RefreshToken | None:
    """An access or refresh token of ours, in any of their forms."""
    sealer = provider.keys.get().sealer
    try:
        if "." in text:
            header, claims = jwt.verify(text, provider.keys.get().verifying(), jwt.SIGNING_ALGORITHMS)
            if header.get("typ") != "at+jwt":
                return None
            return sealer.open("jti", str(claims.get("jti", "")), AccessToken)
    except (jwt.InvalidJwt, Unsealable):
        return None
    for purpose, kind in (("access", AccessToken), ("refresh", RefreshToken)):
        try:
            return sealer.open(purpose, text, kind)  # type: ignore[return-value]
        except Unsealable:
            continue
    return None


def _audience(text: str) -> str:
    """`aud` of a token whose signature is checked already."""
    return str(jwt.decode_unverified(text)[1].get("aud", ""))


def revoke(provider: Provider, request: ClientRequest) -> None:
    """RFC 7009: ends the whole grant; another client's token, or none at all, changes nothing and tells nothing."""
    request.parameters.refuse_defects()
    caller = authenticate(provider, request)
    text = request.parameters.get("token")
    if not text:
        raise invalid_request("token is missing")
    token = _open(provider, text)
    if token is None or token.client_id != caller.client_id:
        return
    if isinstance(token, AccessToken) and not token.account_id:
        _remember_revoked(provider, token, request.now)
    else:
        provider.revoke_grant(token.grant_id, request.now)


def _remember_revoked(provider: Provider, token: AccessToken, now: int) -> None:
    """A client's own token has no row until it is revoked."""
    row: dict[str, Any] = {
        "v_id": token.grant_id,
        "v_client_id": token.client_id,
        "v_account_id": None,
        "v_session_id": None,
    }
    row |= {"v_scope": "", "v_generation": 0, "v_details": "{}", "v_offline": False, "v_created_at": now}
    try:
        provider.hot.write(provider.sql.kill, {**row, "v_ends_at": token.expires_at})
    except Duplicate:
        return
