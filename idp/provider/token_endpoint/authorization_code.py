"""`authorization_code` (RFC 6749 §4.1.3). One insert decides: a second redemption meets the primary key."""

from typing import Any

import msgspec

from idp.db.hot import Duplicate
from idp.oidc import pkce
from idp.oidc.errors import invalid_grant, invalid_request
from idp.oidc.request import scopes
from idp.oidc.seal import Unsealable
from idp.provider import resources, rights, tokens
from idp.provider.client_request import ClientRequest
from idp.provider.core import Code, GrantDetails, Provider, RefreshToken
from idp.provider.sender_constraint import DPOP
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty

DAY = 86_400_000


def redeem(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """The tokens that a code stands for."""
    parameters, now = request.parameters, request.now
    code = _open(provider, parameters.get("code"), now)
    audience = resources.narrow(provider, client, parameters.get("resource"), code.resource, code.scope)
    if code.client_id != client.client_id or parameters.get("redirect_uri") != code.redirect_uri:
        _kill(provider, code, now)
        raise invalid_grant("code of another client or redirect_uri")
    if not pkce.matches(code.code_challenge, parameters.get("code_verifier")):
        _kill(provider, code, now)
        raise invalid_grant("code_verifier does not match")
    if not client.still_holds(_given_at(provider, code)):
        raise invalid_grant("code from before the client was disabled")
    if code.dpop_jkt and request.confirmation != DPOP + code.dpop_jkt:
        _kill(provider, code, now)
        raise invalid_grant("code bound to another key")
    return exchange(provider, client, request, code, audience)


def _open(provider: Provider, text: str, now: int) -> Code:
    if not text:
        raise invalid_request("code is missing")
    try:
        code = provider.keys.get().sealer.open("code", text, Code)
    except Unsealable:
        raise invalid_grant("not a code of ours") from None
    if code.expires_at <= now:
        # Written down, so that it stays dead when the server's clock is set back (attack 53).
        _kill(provider, code, now)
        raise invalid_grant("code expired")
    return code


def _given_at(provider: Provider, code: Code) -> int:
    return code.expires_at - provider.settings.tokens.code_seconds * 1000


def exchange(provider: Provider, client: RelyingParty, request: ClientRequest, code: Code, audience: str) -> Answer:
    """Make the grant that the code names, and its tokens. Raises invalid_grant when the grant exists already."""
    now = request.now
    code = msgspec.structs.replace(code, scope=rights.still_granted(client, code.scope))
    details = GrantDetails(code.auth_time, code.acr, code.amr, code.claims)
    row = _grant_row(provider, code, details, now)
    try:
        made = provider.make_grant(client, row)
    except Duplicate:
        provider.end_grant("token.code_reused", code.grant_id, client.client_id, now)
        raise invalid_grant("code used before") from None
    if not made:
        raise invalid_grant("account closed, session ended or consent withdrawn")
    access = access_for(
        provider,
        client,
        request,
        grant_id=code.grant_id,
        account_id=code.account_id,
        scope=resources.scope_within(provider, code.scope, audience),
        audience=audience,
        claims=code.claims,
    )
    response = answer(provider, client, access)
    if "refresh_token" in client.grant_types:
        response["refresh_token"] = _first_refresh_token(provider, client, request, code, row["v_ends_at"])
    response["id_token"] = tokens.id_token(
        provider,
        client,
        account_id=code.account_id,
        session_id=code.session_id,
        details=details,
        access=response["access_token"],
        nonce=code.nonce,
        now=now,
    )
    return response


def _first_refresh_token(
    provider: Provider, client: RelyingParty, request: ClientRequest, code: Code, ends_at: int
) -> str:
    """Generation 0, bound to the key that the code was redeemed with."""
    bound_to = request.confirmation
    token = RefreshToken(code.grant_id, 0, client.client_id, code.scope, code.resource, ends_at, bound_to)
    return tokens.refresh_token(provider, token)


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


def _kill(provider: Provider, code: Code, now: int) -> None:
    """The code is dead for everybody: somebody else than its owner holds it (RFC 6749 §10.5)."""
    details = GrantDetails(code.auth_time, code.acr, code.amr, code.claims)
    try:
        provider.hot.write(provider.sql.kill, _grant_row(provider, code, details, now))
    except Duplicate:
        provider.end_grant("token.code_reused", code.grant_id, code.client_id, now)
