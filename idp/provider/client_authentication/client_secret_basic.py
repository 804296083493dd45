"""`client_secret_basic`: identifier and secret in the Authorization header (RFC 6749 §2.3.1)."""

import hmac

from idp.oidc.errors import invalid_client
from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.service import hash_secret


def verify_secret(provider: Provider, client: RelyingParty, request: ClientRequest, secret: str) -> None:
    """Compare hashes, in constant time; for a while after a rotation, the one before is good too."""
    given = hash_secret(secret)
    overlaps = client.previous_secret_until > request.now and hmac.compare_digest(given, client.previous_secret_hash)
    if not (hmac.compare_digest(given, client.secret_hash) or overlaps):
        raise invalid_client("wrong secret")


METHOD = Method(Way.HEADER, verify_secret)
