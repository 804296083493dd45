"""Access tokens at the provider's own API: what `client_credentials` gave a client for `urn:idp:administration`."""

from collections.abc import Callable

from idp.oidc.errors import ProtocolError, invalid_token
from idp.provider.client_request import ClientRequest
from idp.provider.core import AccessToken, Provider
from idp.provider.opened import open_token
from idp.provider.revocation import is_revoked_alone
from idp.provider.sender_constraint import check_use
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.resource_servers import ADMINISTRATION


def admit(
    provider: Provider, token: str, scheme: str, scope: str, now: int, request: Callable[[], ClientRequest]
) -> RelyingParty:
    """The client that may do what needs that scope; one that is disabled, or lost the scope, may not any more.

    Raises invalid_token, insufficient_scope, and what a bound token without its key raises.
    """
    access = open_token(provider, token)
    if not isinstance(access, AccessToken) or access.account_id or access.expires_at <= now:
        raise invalid_token("not a client's own token, or expired")
    if ADMINISTRATION not in access.audience.split():
        raise invalid_token("the token is for another API")
    client = provider.clients.find(access.client_id)
    if client is None or not client.still_holds(access.issued_at):
        raise invalid_token("its client is or was disabled")
    if is_revoked_alone(provider, access):
        raise invalid_token("the token is revoked")
    if access.confirmation or scheme == "dpop":
        check_use(provider, access, request(), scheme, token)
    if scope not in access.scope.split() or scope not in client.scopes:
        raise ProtocolError("insufficient_scope", f"the scope {scope} is needed", status=403)
    return client
