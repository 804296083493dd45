"""What the tokens may be used for (RFC 6749 §3.3, RFC 8707)."""

from idp.oidc.errors import ProtocolError
from idp.oidc.request import scopes
from idp.provider import resources
from idp.provider.authorization.attempt import Attempt


def check_scope(attempt: Attempt) -> None:
    """RFC 6749 §3.3: what the client may not have is dropped, unknown scopes too; openid is required."""
    asked = scopes(attempt.parameters.get("scope"))
    if "openid" not in asked:
        raise ProtocolError("invalid_scope", "scope must contain openid")
    allowed = attempt.known_client.scopes | {"openid"}
    attempt.scopes = tuple(scope for scope in asked if scope in allowed)


def check_resource(attempt: Attempt) -> None:
    """RFC 8707 §2."""
    resources.check(attempt.known_client, attempt.parameters.get("resource"))
