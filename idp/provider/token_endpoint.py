"""The token endpoint (RFC 6749 §3.2): authorization_code, refresh_token, client_credentials."""

from collections.abc import Callable
from typing import Any

import msgspec

from idp.db import new_id
from idp.db.hot import Duplicate
from idp.oidc import pkce
from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request
from idp.oidc.request import Parameters, scopes
from idp.oidc.seal import Unsealable
from idp.provider import tokens
from idp.provider.client_authentication import authenticate
from idp.provider.core import Code, GrantDetails, Provider, RefreshToken
from idp.relying_parties.cache import RelyingParty

Answer = dict[str, Any]
DAY = 86_400_000


def respond(provider: Provider, parameters: Parameters, authorization: str, now: int) -> Answer:
    """The token response of a request at an instant in milliseconds. Raises ProtocolError."""
    parameters.refuse_defects()
    grant_type = parameters.get("grant_type")
    if not grant_type:
        raise invalid_request("grant_type is missing")
    client = authenticate(provider, parameters, authorization, now)
    exchange = EXCHANGES.get(grant_type)
    if exchange is None:
        raise ProtocolError("unsupported_grant_type", "this grant_type is not supported")
    if grant_type not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    return exchange(provider, client, parameters, now)


def _answer(provider: Provider, access: str, scope: str, **more: str) -> Answer:
    seconds = provider.settings.tokens.access_token_seconds
    return {"access_token": access, "token_type": "Bearer", "expires_in": seconds, "scope": scope, **more}


def redeem_code(provider: Provider, client: RelyingParty, parameters: Parameters, now: int) -> Answer:
    """RFC 6749 §4.1.3. One insert decides: a second redemption meets the primary key and ends the grant."""
    text = parameters.get("code")
    if not text:
        raise invalid_request("code is missing")
    try:
        code = provider.keys.get().sealer.open("code", text, Code)
    except Unsealable:
        raise invalid_grant("not a code of ours") from None
    if code.expires_at <= now:
        provider.revoke_grant(code.grant_id, now)
        raise invalid_grant("code expired")
    resource = parameters.get("resource") or code.resource
    if resource and resource not in client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")
    if code.client_id != client.client_id or parameters.get("redirect_uri") != code.redirect_uri:
        _kill_code(provider, code, now)
        raise invalid_grant("code of another client or redirect_uri")
    if not pkce.matches(code.code_challenge, parameters.get("code_verifier")):
        _kill_code(provider, code, now)
        raise invalid_grant("code_verifier does not match")
    return _insert_grant(provider, client, code, resource, now)


def _insert_grant(provider: Provider, client: RelyingParty, code: Code, resource: str, now: int) -> Answer:
    details = GrantDetails(code.auth_time, code.acr, code.amr)
    row = _grant_row(provider, code, details, now)
    try:
        inserted = provider.hot.write(provider.sql.redeem, row)
    except Duplicate:
        provider.revoke_grant(code.grant_id, now)
        raise invalid_grant("code used before") from None
    if inserted is None:
        raise invalid_grant("account closed or session ended")
    grant_id, account_id = code.grant_id, code.account_id
    access = tokens.access_token(
        provider, client, grant_id=grant_id, account_id=account_id, scope=code.scope, resource=resource, now=now
    )
    more = {}
    if "refresh_token" in client.grant_types:
        more["refresh_token"] = tokens.refresh_token(
            provider,
            client,
            grant_id=grant_id,
            generation=0,
            scope=code.scope,
            resource=code.resource,
            expires_at=row["v_ends_at"],
        )
    more["id_token"] = tokens.id_token(
        provider,
        client,
        account_id=account_id,
        session_id=code.session_id,
        details=details,
        access=access,
        nonce=code.nonce,
        now=now,
    )
    return _answer(provider, access, code.scope, **more)


def _grant_row(provider: Provider, code: Code, details: GrantDetails, now: int) -> dict[str, Any]:
    return {
        "v_id": code.grant_id,
        "v_client_id": code.client_id,
        "v_account_id": code.account_id,
        "v_session_id": code.session_id,
        "v_scope": code.scope,
        "v_generation": 0,
        "v_details": msgspec.json.encode(details).decode(),
        "v_offline": "offline_access" in scopes(code.scope),
        "v_created_at": now,
        "v_ends_at": now + provider.settings.tokens.refresh_token_days * DAY,
    }


def _kill_code(provider: Provider, code: Code, now: int) -> None:
    """The code is dead for everybody: somebody else than its owner holds it (RFC 6749 §10.5)."""
    details = GrantDetails(code.auth_time, code.acr, code.amr)
    try:
        provider.hot.write(provider.sql.kill, _grant_row(provider, code, details, now))
    except Duplicate:
        provider.revoke_grant(code.grant_id, now)


def refresh(provider: Provider, client: RelyingParty, parameters: Parameters, now: int) -> Answer:
    """RFC 6749 §6 with rotation (RFC 9700 §4.14.2): one conditional UPDATE; no row back means reuse."""
    text = parameters.get("refresh_token")
    if not text:
        raise invalid_request("refresh_token is missing")
    try:
        token = provider.keys.get().sealer.open("refresh", text, RefreshToken)
    except Unsealable:
        raise invalid_grant("not a refresh token of ours") from None
    if token.client_id != client.client_id:
        provider.revoke_grant(token.grant_id, now)
        raise invalid_grant("refresh token of another client: family revoked")
    scope = _narrowed(parameters.get("scope"), token.scope)
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
    return _refreshed(provider, client, token, row, scope, resource, now)


def _refreshed(
    provider: Provider,
    client: RelyingParty,
    token: RefreshToken,
    row: tuple[Any, ...],
    scope: str,
    resource: str,
    now: int,
) -> Answer:
    account_id, session_id, details, ends_at = row
    access = tokens.access_token(
        provider, client, grant_id=token.grant_id, account_id=account_id, scope=scope, resource=resource, now=now
    )
    rotated = tokens.refresh_token(
        provider,
        client,
        grant_id=token.grant_id,
        generation=token.generation + 1,
        scope=token.scope,
        resource=token.resource,
        expires_at=ends_at,
    )
    identity = tokens.id_token(
        provider,
        client,
        account_id=account_id,
        session_id=session_id,
        details=msgspec.json.decode(details, type=GrantDetails),
        access=access,
        nonce="",
        now=now,
    )
    return _answer(provider, access, scope, refresh_token=rotated, id_token=identity)


def _narrowed(asked: str, granted: str) -> str:
    """The scope asked for, never wider than granted (RFC 6749 §6)."""
    if not asked:
        return granted
    if not set(scopes(asked)) <= set(scopes(granted)):
        raise ProtocolError("invalid_scope", "the scope is wider than what was granted")
    return " ".join(scopes(asked))


def client_credentials(provider: Provider, client: RelyingParty, parameters: Parameters, now: int) -> Answer:
    """RFC 6749 §4.4: no parent, so no scope that speaks of one; nothing is stored until it is revoked."""
    if client.is_public:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    if parameters.get("scope"):
        raise ProtocolError("invalid_scope", "no scope can be granted without a user")
    resource = parameters.get("resource")
    if resource and resource not in client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")
    access = tokens.access_token(
        provider, client, grant_id=new_id(), account_id="", scope="", resource=resource, now=now
    )
    return _answer(provider, access, "")


EXCHANGES: dict[str, Callable[[Provider, RelyingParty, Parameters, int], Answer]] = {
    "authorization_code": redeem_code,
    "refresh_token": refresh,
    "client_credentials": client_credentials,
}
