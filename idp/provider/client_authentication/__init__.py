"""Client authentication at the token, introspection and revocation endpoints (RFC 6749 §2.3): one module a method.

A client is authenticated by the one method it registered; a weaker one never passes.
"""

from idp.oidc.errors import invalid_client
from idp.provider.client_authentication import client_secret_basic, client_secret_post, none, private_key_jwt
from idp.provider.client_authentication.method import Method
from idp.provider.client_authentication.presentation import read
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

METHODS: dict[str, Method] = {
    "client_secret_basic": client_secret_basic.METHOD,
    "client_secret_post": client_secret_post.METHOD,
    "private_key_jwt": private_key_jwt.METHOD,
    "none": none.METHOD,
}


def authenticate(provider: Provider, request: ClientRequest) -> RelyingParty:
    """The client that makes the request. Raises invalid_client, invalid_request."""
    presented = read(request)
    client = provider.clients.find(presented.client_id) if presented.client_id else None
    if client is None:
        raise invalid_client("unknown client")
    method = METHODS.get(client.auth_method)
    if method is None or method.way is not presented.way:
        raise invalid_client(f"{client.client_id} registered {client.auth_method}")
    method.verify(provider, client, request, presented.credential)
    return client
