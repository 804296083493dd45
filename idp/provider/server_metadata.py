"""What the provider says of itself: discovery, told by its settings (OpenID Connect Discovery §3, RFC 8414 §2)."""

from collections.abc import Mapping
from typing import Any

from idp.oidc import client_authentication, discovery
from idp.oidc.jwt import SIGNING_ALGORITHMS
from idp.oidc.server_facts import Facts
from idp.provider.core import ACR_VALUES, Provider
from idp.settings import Mtls


def document(provider: Provider) -> Mapping[str, Any]:
    """The discovery document."""
    mtls = provider.settings.mtls
    facts = Facts(
        issuer=provider.issuer,
        protocol=provider.settings.protocol,
        algorithms=SIGNING_ALGORITHMS,
        acr_values=ACR_VALUES,
        languages=provider.settings.site.languages,
        auth_methods=[name for name in client_authentication.METHODS if _is_on(name, mtls)],
        certificates=bool(mtls.header),
        certificate_base=mtls.endpoint_base,
    )
    return discovery.document(facts)


def _is_on(auth_method: str, mtls: Mtls) -> bool:
    """Certificates need the proxy's header, and its verdict where the authority counts."""
    if auth_method == "tls_client_auth":
        return bool(mtls.header and mtls.verdict_header)
    return auth_method != "self_signed_tls_client_auth" or bool(mtls.header)
