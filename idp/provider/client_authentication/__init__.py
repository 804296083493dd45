"""Client authentication at the token, introspection and revocation endpoints (RFC 6749 §2.3): one module a method.

A client is authenticated by the one method it registered; a weaker one never passes.
"""

from idp.oidc.errors import ProtocolError, invalid_client
from idp.provider.client_authentication import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    failures,
    none,
    private_key_jwt,
    self_signed_tls_client_auth,
    tls_client_auth,
)
from idp.provider.client_authentication.method import Method
from idp.provider.client_authentication.presentation import read
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

METHODS: dict[str, Method] = {
    "client_secret_basic": client_secret_basic.METHOD,
    "client_secret_post": client_secret_post.METHOD,
    "client_secret_jwt": client_secret_jwt.METHOD,
    "private_key_jwt": private_key_jwt.METHOD,
    "tls_client_auth": tls_client_auth.METHOD,
    "self_signed_tls_client_auth": self_signed_tls_client_auth.METHOD,
    "none": none.METHOD,
}


def authenticate(provider: Provider, request: ClientRequest) -> RelyingParty:
    """The client that makes the request. Raises invalid_client, invalid_request."""
    presented = read(request)
    client = provider.clients.find(presented.client_id) if presented.client_id else None
    if client is None:
        raise invalid_client("unknown client")
    if provider.blocked.holds(client.client_id, request.address, request.now):
        raise invalid_client("too many failures from this address")
    method = METHODS[client.auth_method]
    if method.way is not presented.way:
        raise invalid_client(f"{client.client_id} registered {client.auth_method}")
    try:
        method.verify(provider, client, request, presented.credential)
    except ProtocolError:
        failures.count(provider, client, request)
        raise
    return client
