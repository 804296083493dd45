"""`client_credentials` (RFC 6749 §4.4): no parent, so only scopes of APIs; nothing is stored until it is revoked."""

from idp.db import new_id
from idp.oidc.errors import ProtocolError
from idp.oidc.request import scopes
from idp.provider import resources
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.provider.token_endpoint.answer import Answer, access_for, answer
from idp.relying_parties.cache import RelyingParty


def grant(provider: Provider, client: RelyingParty, request: ClientRequest) -> Answer:
    """An access token for the client itself."""
    if client.is_public:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    asked, resource = scopes(request.parameters.get("scope")), request.parameters.get("resource")
    resources.check(client, resource)
    audience = resources.owners(provider, client, asked)
    if resource and not set(audience.split()) <= set(resource.split()):
        raise ProtocolError("invalid_scope", "a scope of another resource")
    access = access_for(
        provider,
        client,
        request,
        grant_id=new_id(),
        account_id="",
        scope=" ".join(asked),
        audience=resource or audience,
    )
    return answer(provider, client, access)
