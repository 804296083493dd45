"""Who asks, and where the answer goes: before anything else, since all other errors are sent there."""

from idp.oidc import redirect_uri
from idp.oidc.errors import ProtocolError, invalid_request
from idp.provider.authorization.attempt import Attempt


def check_client(attempt: Attempt) -> None:
    """OpenID Connect Core §3.1.2.6: never redirect before client and redirect URI are known to be good."""
    client_id = attempt.parameters.get("client_id")
    attempt.client = attempt.provider.clients.find(client_id) if client_id else None
    if attempt.client is None:
        raise invalid_request("client_id is missing or unknown", redirectable=False)


def check_redirect_uri(attempt: Attempt) -> None:
    """RFC 6749 §3.1.2.3: the whole string is compared."""
    asked, client = attempt.parameters.get("redirect_uri"), attempt.known_client
    if not asked or not redirect_uri.is_registered(asked, client.redirect_uris, native=client.native):
        raise invalid_request("redirect_uri is missing or not registered", redirectable=False)
    attempt.redirect_uri = asked


def check_defects(attempt: Attempt) -> None:
    """RFC 6749 §3.1: no parameter twice."""
    attempt.parameters.refuse_defects()


def check_registration(attempt: Attempt) -> None:
    """OpenID Connect Core §7.2.1: nobody registers by an authorization request."""
    if attempt.parameters.get("registration"):
        raise ProtocolError("registration_not_supported", "registration is not supported")
