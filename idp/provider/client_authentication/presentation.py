"""Who a request says it is from, and by what (RFC 6749 §2.3): one way, never two."""

from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import unquote_plus

from idp.oidc import jwt
from idp.oidc.client_assertion import ASSERTION_TYPE
from idp.oidc.errors import invalid_client, invalid_request
from idp.provider.client_authentication.method import Way
from idp.provider.client_request import ClientRequest


@dataclass(frozen=True, slots=True)
class Presented:
    """A claim of identity, still to be checked."""

    way: Way
    client_id: str
    credential: str = ""


def read(request: ClientRequest) -> Presented:
    """What the request presents. Raises invalid_client, invalid_request."""
    values = request.parameters.values
    assertion, secret = values.get("client_assertion", ""), values.get("client_secret", "")
    client_id = values.get("client_id", "")
    if (request.authorization != "") + (assertion != "") + (secret != "") > 1:
        raise invalid_request("more than one way of client authentication")
    if request.authorization:
        presented = _read_basic(request.authorization)
    elif assertion or "client_assertion_type" in values:
        presented = _read_assertion(assertion, values.get("client_assertion_type", ""))
    elif secret:
        return Presented(Way.FORM, client_id, secret)
    else:
        return Presented(Way.CLIENT_ID, client_id)
    if client_id and client_id != presented.client_id:
        raise invalid_request("client_id differs from the one authenticated")
    return presented


def _read_basic(authorization: str) -> Presented:
    """Identifier and secret, each form-encoded inside the header (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("not Basic")
    try:
        text = b64decode(encoded.strip(), validate=True).decode("utf-8")
        if "%" in text or "+" in text:
            client_id, colon, secret = (unquote_plus(part, errors="strict") for part in text.partition(":"))
        else:
            client_id, colon, secret = text.partition(":")
    except ValueError:
        raise invalid_client("malformed Basic credentials") from None
    if not colon:
        raise invalid_client("no colon in Basic credentials")
    return Presented(Way.HEADER, client_id, secret)


def _read_assertion(assertion: str, kind: str) -> Presented:
    """`sub` of an assertion whose signature is still to be checked (RFC 7523 §3)."""
    if kind != ASSERTION_TYPE:
        raise invalid_client("unknown client_assertion_type")
    try:
        _, claims = jwt.decode_unverified(assertion)
    except jwt.InvalidJwt as error:
        raise invalid_client(str(error)) from None
    return Presented(Way.ASSERTION, str(claims.get("sub", "")), assertion)
