"""The device authorization endpoint (RFC 8628 §3.1): a screen in a hall gets a code that a parent types elsewhere."""

import secrets
from typing import Any

from idp.db import new_id
from idp.db.hot import Duplicate
from idp.oidc import device_code
from idp.oidc.errors import ProtocolError
from idp.oidc.request import scopes
from idp.provider import resources
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

INTERVAL_SECONDS = 5
PAGE = "/appareil"


def begin(provider: Provider, request: ClientRequest) -> dict[str, Any]:
    """Codes for the device and for the person. Raises ProtocolError."""
    request.parameters.refuse_defects()
    client = authenticate(provider, request)
    if device_code.GRANT_TYPE not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    scope = _scope(client, request.parameters.get("scope"))
    resource = request.parameters.get("resource")
    resources.check(client, resource)
    seconds = provider.settings.protocol.device_code_minutes * 60
    code = secrets.token_urlsafe(32)
    row = {
        "v_id": new_id(),
        "v_client_id": client.client_id,
        "v_device_code": device_code.device_code_digest(code),
        "v_scope": scope,
        "v_resource": resource,
        "v_interval_seconds": INTERVAL_SECONDS,
        "v_ends_at": request.now + seconds * 1000,
    }
    shown = device_code.shown(_keep(provider, row))
    page = provider.issuer + PAGE
    return {
        "device_code": code,
        "user_code": shown,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?code={shown}",
        "expires_in": seconds,
        "interval": INTERVAL_SECONDS,
    }


def _scope(client: RelyingParty, asked: str) -> str:
    """As at the authorization endpoint: what the client may not have is dropped, openid is required."""
    wanted = scopes(asked)
    if "openid" not in wanted:
        raise ProtocolError("invalid_scope", "scope must contain openid")
    return " ".join(scope for scope in wanted if scope == "openid" or scope in client.scopes)


def _keep(provider: Provider, row: dict[str, Any]) -> str:
    """Store the request under a user code that no other has; gives the code."""
    while True:
        user_code = device_code.new_user_code()
        digest = device_code.user_code_digest(provider.keys.get().pairwise, user_code)
        try:
            provider.hot.write(provider.sql.begin_device, {**row, "v_user_code": digest})
        except Duplicate:
            continue
        return user_code
