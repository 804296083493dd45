"""`refresh_token` (RFC 6749 §6) with rotation (RFC 9700 §4.14.2): one conditional UPDATE; no row back means reuse."""

from typing import Any

import msgspec

from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request
from idp.oidc.request import scopes
from idp.provider import resources, rights, tokens
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, GrantDetails, Provider, RefreshToken
from idp.provider.opened import open_token
from idp.provider.sender_constraint import check_refresh
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty

_details = msgspec.json.Decoder(GrantDetails)


def refresh(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """New tokens for a refresh token, which dies unless the client's profile says otherwise."""
    parameters, now = request.parameters, request.now
    token = _open(provider, client, parameters.get("refresh_token"), now)
    check_refresh(client, token.confirmation, request.confirmation)
    granted = rights.still_granted(client, token.scope)
    if "offline_access" in scopes(token.scope) and "offline_access" not in client.scopes:
        raise invalid_grant("offline_access was taken from the client")
    scope = narrowed(parameters.get("scope"), granted)
    audience = resources.narrow(provider, client, parameters.get("resource"), token.resource, granted)
    row, generation = _advance(provider, client, token, now)
    if row is None:
        provider.end_grant("token.refresh_reused", token.grant_id, client.client_id, now)
        raise invalid_grant("refresh token reused, revoked or ended: family revoked")
    access = access_for(
        provider,
        client,
        request,
        grant_id=token.grant_id,
        account_id=row[0],
        scope=resources.scope_within(provider, scope, audience),
        audience=audience,
    )
    next_token = msgspec.structs.replace(token, generation=generation, expires_at=row[3])
    return _respond(provider, client, next_token, row, access)


def _open(provider: Provider, client: RelyingParty, text: str, now: int) -> RefreshToken:
    if not text:
        raise invalid_request("refresh_token is missing")
    token = open_token(provider, text) if text.startswith(tokens.REFRESH_MARK) else None
    if not isinstance(token, RefreshToken):
        raise invalid_grant("not a refresh token of ours")
    if token.client_id != client.client_id:
        provider.end_grant("token.refresh_stolen", token.grant_id, client.client_id, now)
        raise invalid_grant("refresh token of another client: family revoked")
    return token


def _advance(
    provider: Provider, client: RelyingParty, token: RefreshToken, now: int
) -> tuple[tuple[Any, ...] | None, int]:
    """The grant as it stands after this use, and the generation of its next token."""
    parameters = {
        "v_id": token.grant_id,
        "v_old_generation": token.generation,
        "v_owner": client.client_id,
        "v_holds_since": client.holds_since,
        "v_now": now,
        "v_idle": now - provider.idle_milliseconds,
    }
    if not client.rules.refresh_token_rotates:
        return provider.hot.read(provider.sql.standing, {**parameters, "v_since": 0}), token.generation
    generation = token.generation + 1
    row = provider.hot.write(provider.sql.rotate, parameters)
    grace = provider.settings.tokens.refresh_grace_seconds * 1000
    if row is None and grace:
        lost = {**parameters, "v_old_generation": generation, "v_since": now - grace}
        row = provider.hot.read(provider.sql.standing, lost)
    return row, generation


def _respond(
    provider: Provider, client: RelyingParty, token: RefreshToken, row: tuple[Any, ...], access: AccessToken
) -> Answer:
    account_id, session_id, details, _ = row
    known = _details.decode(details)
    if known.claims:
        access = msgspec.structs.replace(access, claims=known.claims)
    response = answer(provider, client, access)
    response["refresh_token"] = tokens.refresh_token(provider, token)
    response["id_token"] = tokens.id_token(
        provider,
        client,
        account_id=account_id,
        session_id=session_id,
        details=known,
        access=response["access_token"],
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
