"""`self_signed_tls_client_auth`: a certificate that the client's own key set holds as `x5c` (RFC 8705 §2.2)."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from idp.oidc import client_certificate
from idp.oidc.errors import invalid_client
from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def _verify(provider: Provider, client: RelyingParty, request: ClientRequest, credential: str) -> None:
    certificate = request.certificate
    if certificate is None:
        raise invalid_client("no certificate")
    if not client_certificate.is_valid_at(certificate.der, request.now // 1000):
        raise invalid_client("the certificate is expired or not yet valid")
    # A certificate unknown so far has jwks_uri asked again, as an unknown kid does.
    if not any(_holds(jwk, certificate.der) for jwk in provider.key_sets.of(client, certificate.thumbprint)):
        raise invalid_client("the certificate is not in the client's key set")


def _holds(jwk: Mapping[str, Any], der: bytes) -> bool:
    chain = jwk.get("x5c")
    try:
        return isinstance(chain, list) and bool(chain) and b64decode(chain[0], validate=True) == der
    except (ValueError, TypeError):
        return False


METHOD = Method(Way.CLIENT_ID, _verify)
