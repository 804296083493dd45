"""`client_credentials` (RFC 6749 §4.4): no parent, so no scope that speaks of one; nothing is stored."""

import msgspec

from idp.db import new_id
from idp.oidc.errors import ProtocolError
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty


def grant(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """An access token for the client itself."""
    if client.is_public:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    if request.parameters.get("scope"):
        raise ProtocolError("invalid_scope", "no scope can be granted without a user")
    resource = request.parameters.get("resource")
    if resource and resource not in client.resources:
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")
    access = access_for(provider, client, grant_id=new_id(), account_id="", now=request.now)
    return answer(provider, client, msgspec.structs.replace(access, audience=resource))
