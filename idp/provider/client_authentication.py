"""Client authentication at the token, revocation and introspection endpoints (RFC 6749 §2.3, RFC 7523)."""

import hashlib
import hmac
from base64 import b64decode
from urllib.parse import unquote_plus

from idp.db.hot import Duplicate
from idp.oidc import client_assertion, jwt
from idp.oidc.errors import invalid_client, invalid_request
from idp.oidc.request import Parameters
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.service import hash_secret


def authenticate(provider: Provider, parameters: Parameters, authorization: str, now: int) -> RelyingParty:
    """The client that makes the request, by the one method it registered. Raises invalid_client, invalid_request."""
    asserted = parameters.get("client_assertion")
    secret = parameters.get("client_secret")
    if sum(map(bool, (authorization, asserted, secret))) > 1:
        raise invalid_request("more than one way of client authentication")
    if authorization:
        client_id, secret = _read_basic(authorization)
        if parameters.get("client_id") not in ("", client_id):
            raise invalid_request("client_id differs from the one authenticated")
        return _by_secret(provider, client_id, secret, "client_secret_basic")
    if asserted or parameters.get("client_assertion_type"):
        return _by_assertion(provider, parameters, asserted, now)
    if secret:
        return _by_secret(provider, parameters.get("client_id"), secret, "client_secret_post")
    return _find(provider, parameters.get("client_id"), "none")


def _find(provider: Provider, client_id: str, method: str) -> RelyingParty:
    """The client, if it registered that method: a weaker one never passes."""
    client = provider.clients.find(client_id) if client_id else None
    if client is None or client.auth_method != method:
        raise invalid_client(f"unknown client, or {method} is not its method")
    return client


def _read_basic(authorization: str) -> tuple[str, str]:
    """Identifier and secret, each form-encoded inside the header (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise invalid_client("not Basic")
    try:
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        if not colon:
            raise invalid_client("no colon")
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise invalid_client("malformed Basic credentials") from None


def _by_secret(provider: Provider, client_id: str, secret: str, method: str) -> RelyingParty:
    client = _find(provider, client_id, method)
    if not hmac.compare_digest(hash_secret(secret).encode(), client.secret_hash.encode()):
        raise invalid_client("wrong secret")
    return client


def _by_assertion(provider: Provider, parameters: Parameters, assertion: str, now: int) -> RelyingParty:
    if parameters.get("client_assertion_type") != client_assertion.ASSERTION_TYPE:
        raise invalid_client("unknown client_assertion_type")
    try:
        _, unverified = jwt.decode_unverified(assertion)
        client = _find(provider, str(unverified.get("sub", "")), "private_key_jwt")
        if parameters.get("client_id") not in ("", client.client_id):
            raise invalid_client("client_id differs from the assertion's")
        _, claims = jwt.verify(assertion, client.jwks)
        jti, exp = client_assertion.check_claims(
            claims,
            client_id=client.client_id,
            audiences=(provider.issuer, provider.issuer + "/token"),
            now=now // 1000,
            leeway=provider.settings.tokens.leeway_seconds,
        )
    except (jwt.InvalidJwt, client_assertion.AssertionRefused) as error:
        raise invalid_client(str(error)) from None
    _remember(provider, client.client_id, jti, exp)
    return client


def _remember(provider: Provider, client_id: str, jti: str, exp: int) -> None:
    """Each assertion serves once (RFC 7523 §3): its `jti` is kept until it ends, by the leeway longer."""
    key = hashlib.sha256(f"assertion\0{client_id}\0{jti}".encode("utf-8", "surrogatepass")).digest()
    try:
        provider.hot.write(provider.sql.remember, {"v_key": key, "v_ends_at": (exp + 60) * 1000})
    except Duplicate:
        raise invalid_client("assertion used before") from None
