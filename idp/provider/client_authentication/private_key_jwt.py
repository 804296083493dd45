"""`private_key_jwt`: an assertion signed by the client's own key (RFC 7523 §2.2, OpenID Connect Core §9)."""

from idp.oidc import jwt
from idp.oidc.errors import invalid_client
from idp.provider.client_authentication import assertion
from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def _verify(provider: Provider, client: RelyingParty, request: ClientRequest, credential: str) -> None:
    allowed = client.rules.client_algorithms
    if client.auth_alg:
        allowed = tuple(alg for alg in allowed if alg == client.auth_alg)
    try:
        kid = jwt.decode_unverified(credential)[0].get("kid")
        keys = provider.key_sets.of(client, kid if isinstance(kid, str) else None)
        _, claims = jwt.verify(credential, keys, allowed)
    except jwt.InvalidJwt as error:
        raise invalid_client(str(error)) from None
    assertion.accept(provider, client, claims, request)


METHOD = Method(Way.ASSERTION, _verify)
