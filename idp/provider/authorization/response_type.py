"""What is asked for and how it comes back (RFC 6749 §3.1.1, OpenID Connect Core §3)."""

from idp.oidc import pkce, response_modes, response_types
from idp.oidc.errors import ProtocolError, invalid_request
from idp.provider.authorization.attempt import Attempt


def check_response_type(attempt: Attempt) -> None:
    """Tokens by the front channel only where the setting and the registration allow them (RFC 9700 §2.1.2)."""
    text, client = attempt.parameters.get("response_type"), attempt.known_client
    if not text:
        raise invalid_request("response_type is missing")
    words = response_types.parse(text)
    if words != response_types.CODE and (
        words not in response_types.KNOWN or not attempt.provider.settings.protocol.front_channel_tokens
    ):
        raise ProtocolError("unsupported_response_type", "this response_type is not supported")
    if words not in client.response_types or ("code" in words and "authorization_code" not in client.grant_types):
        raise ProtocolError("unauthorized_client", "this client may not use this response_type")
    if "token" in words and (client.dpop_bound or client.certificate_bound or client.rules.sender_constrained):
        # A token in the browser's address cannot be bound to the client's key (RFC 9449 §5, RFC 8705 §3).
        raise ProtocolError("unauthorized_client", "this client's access tokens are bound to a key")
    attempt.response_type = words


def check_response_mode(attempt: Attempt) -> None:
    """Multiple Response Types §2.1, JARM §2.3."""
    attempt.response_mode = response_modes.choose(attempt.parameters.get("response_mode"), attempt.response_type)


def check_nonce(attempt: Attempt) -> None:
    """OpenID Connect Core §3.2.2.1: an ID token by the front channel must answer this very request."""
    if "id_token" in attempt.response_type and not attempt.parameters.get("nonce"):
        raise invalid_request("nonce is required for an ID token in the authorization response")


def check_pkce(attempt: Attempt) -> None:
    """RFC 7636 §4.4.1."""
    client, parameters = attempt.known_client, attempt.parameters
    required = "code" in attempt.response_type and (
        client.is_public or client.require_pkce or client.rules.pkce_required
    )
    pkce.check_challenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"), required=required)
