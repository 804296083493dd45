"""The discovery document (OpenID Connect Discovery §3, RFC 8414), computed from what is on."""

from collections.abc import Mapping, Sequence
from typing import Any

from idp.oidc.jwt import VERIFYING_ALGORITHMS
from idp.oidc.scopes import CLAIMS, SCOPES

AUTHENTICATION_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def document(
    issuer: str, *, algorithms: Sequence[str], acr_values: Sequence[str], languages: Sequence[str]
) -> Mapping[str, Any]:
    """Metadata of the provider at that issuer, which signs with these algorithms."""
    claims = dict.fromkeys(claim for scope in SCOPES for claim in CLAIMS.get(scope, ()))
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "userinfo_endpoint": issuer + "/userinfo",
        "jwks_uri": issuer + "/jwks",
        "introspection_endpoint": issuer + "/introspect",
        "revocation_endpoint": issuer + "/revoke",
        "end_session_endpoint": issuer + "/end_session",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(VERIFYING_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS[:3]),
        "revocation_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(acr_values),
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": list(languages),
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", *claims],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "request_object_signing_alg_values_supported": list(VERIFYING_ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }
