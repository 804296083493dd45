"""Resource indicators (RFC 8707): for which APIs an access token is, and which scopes of theirs it holds."""

from idp.oidc.errors import ProtocolError
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

MAXIMUM = 8


def check(client: RelyingParty, resource: str) -> None:
    """Every API asked for is registered with the client. Raises invalid_target (RFC 8707 §2)."""
    if not resource:
        return
    asked = resource.split()
    if len(asked) > MAXIMUM or not set(asked) <= set(client.resources):
        raise ProtocolError("invalid_target", "the resource is unknown or not allowed")


def narrow(provider: Provider, client: RelyingParty, asked: str, granted: str, scope: str) -> str:
    """The APIs of a token: those asked for, else those granted at the authorization endpoint.

    Beyond the latter, only an API whose scopes the parent granted (attack 37); none that was taken from the client
    since. Raises invalid_target.
    """
    check(client, asked or granted)
    if not asked or asked == granted:
        return granted
    known, given = set(granted.split()), frozenset(scope.split())
    for identifier in asked.split():
        api = provider.resource_servers.find(identifier)
        if identifier not in known and (granted or api is None or not api.scopes & given):
            raise ProtocolError("invalid_target", "the resource is beyond what was granted")
    return asked


def scope_within(provider: Provider, scope: str, audience: str) -> str:
    """What of the scope a token for these APIs holds (RFC 9068 §3); all of it for our own endpoints."""
    if not audience:
        return scope
    theirs: set[str] = set()
    for identifier in audience.split():
        api = provider.resource_servers.find(identifier)
        theirs |= api.scopes if api else set()
    return " ".join(name for name in scope.split() if name in theirs)


def owners(provider: Provider, client: RelyingParty, scopes: tuple[str, ...]) -> str:
    """The client's APIs that own these scopes, each scope by one. Raises invalid_scope for a scope without owner."""
    found = dict.fromkeys("")
    for scope in scopes:
        owner = next((name for name in client.resources if _owns(provider, name, scope)), None)
        if owner is None or scope not in client.scopes:
            raise ProtocolError("invalid_scope", "no such scope for this client")
        found[owner] = None
    return " ".join(found)


def _owns(provider: Provider, identifier: str, scope: str) -> bool:
    api = provider.resource_servers.find(identifier)
    return api is not None and scope in api.scopes
