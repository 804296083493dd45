"""`none`: a public client says who it is and proves nothing (OpenID Connect Core §9); PKCE protects its codes."""

from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def _verify(provider: Provider, client: RelyingParty, request: ClientRequest, credential: str) -> None:
    """Nothing to compare: having presented no credential is the method."""


METHOD = Method(Way.CLIENT_ID, _verify)
