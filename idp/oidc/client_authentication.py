"""Methods of client authentication (OpenID Connect Core §9, RFC 8705 §2): their names, and where each counts."""

from collections.abc import Mapping
from typing import Any

from idp.oidc.jwt import VERIFYING_ALGORITHMS
from idp.oidc.server_facts import Facts

METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
)


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 8414 §2: token, revocation and introspection endpoints; public clients introspect nothing."""
    methods = list(facts.auth_methods)
    algorithms = ["HS256", *VERIFYING_ALGORITHMS]
    return {
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": [name for name in methods if name != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
    }
