"""`authorization_code` (RFC 6749 §4.1.3). One insert decides: a second redemption meets the primary key."""

from typing import Any

import msgspec

from idp.db.hot import Duplicate
from idp.oidc import pkce
from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request
from idp.oidc.request import scopes
from idp.oidc.seal import Unsealable
from idp.provider import tokens
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Code, GrantDetails, Provider, RefreshToken
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty

DAY = 86_400_000


def redeem(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """The tokens that a code stands for."""
    parameters, now = request.parameters, request.now
    code = _open(provider, parameters.get("code"), now)
    resource = parameters.get("resource") or code.resource
    if resource and resource not in client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")
    if code.client_id != client.client_id or parameters.get("redirect_uri") != code.redirect_uri:
        _kill(provider, code, now)
        raise invalid_grant("code of another client or redirect_uri")
    if not pkce.matches(code.code_challenge, parameters.get("code_verifier")):
        _kill(provider, code, now)
        raise invalid_grant("code_verifier does not match")
    access = access_for(provider, client, grant_id=code.grant_id, account_id=code.account_id, now=now)
    return exchange(provider, client, code, _widened(access, code, resource))


def _widened(access: AccessToken, code: Code, resource: str) -> AccessToken:
    return msgspec.structs.replace(access, scope=code.scope, audience=resource, claims=code.claims)


def _open(provider: Provider, text: str, now: int) -> Code:
    if not text:
        raise invalid_request("code is missing")
    try:
        code = provider.keys.get().sealer.open("code", text, Code)
    except Unsealable:
        raise invalid_grant("not a code of ours") from None
    if code.expires_at <= now:
        provider.revoke_grant(code.grant_id, now)
        raise invalid_grant("code expired")
    return code


def exchange(provider: Provider, client: RelyingParty, code: Code, access: AccessToken) -> Answer:
    """Make the grant that the code names, and its tokens. Raises invalid_grant when the grant exists already."""
    now = access.issued_at
    details = GrantDetails(code.auth_time, code.acr, code.amr, code.claims)
    row = _grant_row(provider, code, details, now)
    try:
        inserted = provider.hot.write(provider.sql.redeem, row)
    except Duplicate:
        provider.revoke_grant(code.grant_id, now)
        raise invalid_grant("code used before") from None
    if inserted is None:
        raise invalid_grant("account closed or session ended")
    response = answer(provider, client, access)
    if "refresh_token" in client.grant_types:
        token = RefreshToken(code.grant_id, 0, client.client_id, code.scope, code.resource, row["v_ends_at"])
        response["refresh_token"] = tokens.refresh_token(provider, token)
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
        provider.revoke_grant(code.grant_id, now)
