"""`device_code` (RFC 8628 §3.4): the device asks until somebody decided, and no faster than it was told."""

import msgspec

from idp.oidc import device_code
from idp.oidc.errors import ProtocolError, invalid_grant, invalid_request
from idp.provider import resources
from idp.provider.client_request import ClientRequest
from idp.provider.core import Code, GrantDetails, Provider
from idp.provider.token_endpoint import authorization_code
from idp.provider.token_endpoint.answer import Answer
from idp.relying_parties.cache import RelyingParty

_details = msgspec.json.Decoder(GrantDetails)


def redeem(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """The tokens of a request that was approved; otherwise the error that tells the device what to do."""
    text = request.parameters.get("device_code")
    if not text:
        raise invalid_request("device_code is missing")
    key = device_code.device_code_digest(text)
    parameters = {"v_device_code": key, "v_client_id": client.client_id, "v_now": request.now}
    row = provider.hot.write(provider.sql.poll_device, parameters)
    if row is None:
        raise invalid_grant("not a device code of this client")
    grant_id, state, too_fast, ends_at, account_id, session_id, scope, resource, details = row
    if ends_at <= request.now:
        raise ProtocolError("expired_token", "the device code has expired")
    if state == "denied":
        raise ProtocolError("access_denied", "the request was denied")
    if state != "approved":
        if too_fast:
            raise ProtocolError("slow_down", "wait five seconds longer between two requests")
        raise ProtocolError("authorization_pending", "nobody has decided yet")
    login = _details.decode(details)
    code = Code(
        grant_id=grant_id,
        client_id=client.client_id,
        account_id=account_id,
        session_id=session_id,
        redirect_uri="",
        code_challenge="",
        scope=scope,
        nonce="",
        auth_time=login.auth_time,
        acr=login.acr,
        amr=login.amr,
        resource=resource,
        expires_at=ends_at,
    )
    audience = resources.narrow(provider, client, request.parameters.get("resource"), resource, scope)
    return authorization_code.exchange(provider, client, request, code, audience)
