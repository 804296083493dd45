"""The token endpoint (RFC 6749 §3.2): one module a grant type, one line each in the table."""

from collections.abc import Callable

from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.grant_types import DEVICE_CODE, TOKEN_EXCHANGE
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.provider.sender_constraint import confirm
from idp.provider.token_endpoint import (
    authorization_code,
    client_credentials,
    device_code,
    refresh_token,
    token_exchange,
)
from idp.provider.token_endpoint.answer import Answer
from idp.relying_parties.cache import RelyingParty

GRANT_TYPES: dict[str, Callable[[Provider, RelyingParty, ClientRequest], Answer]] = {
    "authorization_code": authorization_code.redeem,
    "refresh_token": refresh_token.refresh,
    "client_credentials": client_credentials.grant,
    TOKEN_EXCHANGE: token_exchange.exchange,
    DEVICE_CODE: device_code.redeem,
}


def respond(provider: Provider, request: ClientRequest) -> Answer:
    """The token response. Raises ProtocolError."""
    request.parameters.refuse_defects()
    grant_type = request.parameters.get("grant_type")
    if not grant_type:
        raise invalid_request("grant_type is missing")
    client = authenticate(provider, request)
    grant = GRANT_TYPES.get(grant_type)
    if grant is None:
        raise ProtocolError("unsupported_grant_type", "this grant_type is not supported")
    if grant_type not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    request.confirmation = confirm(provider, client, request)
    return grant(provider, client, request)
