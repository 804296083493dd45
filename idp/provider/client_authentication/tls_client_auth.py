"""`tls_client_auth`: a certificate of a known authority, with the registered name (RFC 8705 §2.1)."""

from idp.oidc import client_certificate
from idp.oidc.errors import invalid_client
from idp.provider.client_authentication.method import Method, Way
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def _verify(provider: Provider, client: RelyingParty, request: ClientRequest, credential: str) -> None:
    certificate = request.certificate
    if certificate is None or not certificate.chain_verified:
        raise invalid_client("no certificate, or its chain was not verified by the proxy")
    member, name = client.certificate_name
    if not name or not client_certificate.is_named(certificate.der, member, name):
        raise invalid_client("the certificate has another name")


METHOD = Method(Way.CLIENT_ID, _verify)
