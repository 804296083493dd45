"""A request that a client sends by itself (token, introspection, revocation, pushed request), without a framework."""

from dataclasses import dataclass

from idp.oidc.client_certificate import ClientCertificate
from idp.oidc.request import Parameters


@dataclass(slots=True)
class ClientRequest:
    """What the protocol needs to know of such a request."""

    parameters: Parameters
    now: int
    """The instant, in milliseconds."""
    url: str = ""
    """The endpoint's own address, as `htu` of a DPoP proof names it."""
    method: str = "POST"
    authorization: str = ""
    """The Authorization header."""
    dpop: str = ""
    """The DPoP header."""
    address: str = ""
    """The network address that it came from."""
    accept: str = ""
    """The Accept header."""
    certificate: ClientCertificate | None = None
    """The client certificate that the trusted proxy saw."""
    confirmation: str = ""
    """The key that this request showed, once it is checked: what its tokens are bound to."""
