"""`refresh_token` (RFC 6749 §6) with rotation (RFC 9700 §4.14.2): one conditional UPDATE; no row back means reuse."""

from typing import Any

import msgspec

from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request
from idp.oidc.request import scopes
from idp.oidc.seal import Unsealable
from idp.provider import tokens
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, GrantDetails, Provider, RefreshToken
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty

_details = msgspec.json.Decoder(GrantDetails)


def refresh(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """New tokens for a refresh token, which dies."""
    parameters, now = request.parameters, request.now
    token = _open(provider, client, parameters.get("refresh_token"), now)
    scope = narrowed(parameters.get("scope"), token.scope)
    resource = parameters.get("resource") or token.resource
    if resource and resource not in client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")
    row = provider.hot.write(
        provider.sql.rotate,
        {
            "v_id": token.grant_id,
            "v_old_generation": token.generation,
            "v_owner": client.client_id,
            "v_now": now,
            "v_idle": now - provider.idle_milliseconds,
        },
    )
    if row is None:
        provider.revoke_grant(token.grant_id, now)
        raise invalid_grant("refresh token reused, revoked or ended: family revoked")
    access = access_for(provider, client, grant_id=token.grant_id, account_id=row[0], now=now)
    return _respond(provider, client, token, row, msgspec.structs.replace(access, scope=scope, audience=resource))


def _open(provider: Provider, client: RelyingParty, text: str, now: int) -> RefreshToken:
    if not text:
        raise invalid_request("refresh_token is missing")
    try:
        token = provider.keys.get().sealer.open("refresh", text, RefreshToken)
    except Unsealable:
        raise invalid_grant("not a refresh token of ours") from None
    if token.client_id != client.client_id:
        provider.revoke_grant(token.grant_id, now)
        raise invalid_grant("refresh token of another client: family revoked")
    return token


def _respond(
    provider: Provider, client: RelyingParty, token: RefreshToken, row: tuple[Any, ...], access: AccessToken
) -> Answer:
    account_id, session_id, details, ends_at = row
    known = _details.decode(details)
    if known.claims:
        access = msgspec.structs.replace(access, claims=known.claims)
    response = answer(provider, client, access)
    rotated = msgspec.structs.replace(token, generation=token.generation + 1, expires_at=ends_at)
    response["refresh_token"] = tokens.refresh_token(provider, rotated)
    response["id_token"] = tokens.id_token(
        provider,
        client,
        account_id=account_id,
        session_id=session_id,
        details=known,
        access=response["access_token"],
        nonce="",
        now=access.issued_at,
    )
    return response


def narrowed(asked: str, granted: str) -> str:
    """The scope asked for, never wider than granted (RFC 6749 §6)."""
    if not asked:
        return granted
    if not set(scopes(asked)) <= set(scopes(granted)):
        raise ProtocolError("invalid_scope", "the scope is wider than what was granted")
    return " ".join(scopes(asked))
