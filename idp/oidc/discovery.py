"""The discovery document (OpenID Connect Discovery §3, RFC 8414), computed from what is on."""

from collections.abc import Mapping, Sequence
from typing import Any

from idp.oidc import jwe
from idp.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.oidc.jwt import VERIFYING_ALGORITHMS
from idp.oidc.response_modes import MODES
from idp.oidc.response_types import SUPPORTED as RESPONSE_TYPES
from idp.oidc.scopes import CLAIMS, SCOPES
from idp.settings import Protocol

AUTHENTICATION_METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
)
ALIASED = (
    "token_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "userinfo_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
)
"""Endpoints at which a client may show its certificate (RFC 8705 §5)."""


def document(
    issuer: str,
    protocol: Protocol,
    *,
    algorithms: Sequence[str],
    acr_values: Sequence[str],
    languages: Sequence[str],
    auth_methods: Sequence[str] = AUTHENTICATION_METHODS,
) -> Mapping[str, Any]:
    """Metadata of the provider at that issuer, which signs with these algorithms and knows clients by these methods."""
    front_channel = protocol.front_channel_tokens
    claims = dict.fromkeys((*(claim for scope in SCOPES for claim in CLAIMS.get(scope, ())), "former_subs"))
    return {
        "issuer": issuer,
        "service_documentation": issuer + "/developpeurs",
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "userinfo_endpoint": issuer + "/userinfo",
        "jwks_uri": issuer + "/jwks",
        "introspection_endpoint": issuer + "/introspect",
        "revocation_endpoint": issuer + "/revoke",
        "device_authorization_endpoint": issuer + "/device_authorization",
        "end_session_endpoint": issuer + "/end_session",
        "registration_endpoint": issuer + "/register",
        "check_session_iframe": issuer + "/check_session",
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": list(SCOPES),
        "response_types_supported": list(RESPONSE_TYPES if front_channel else RESPONSE_TYPES[:1]),
        "response_modes_supported": list(MODES),
        "grant_types_supported": [
            "authorization_code",
            *(["implicit"] if front_channel else []),
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "id_token_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(jwe.ENCODINGS),
        "userinfo_signing_alg_values_supported": list(algorithms),
        "userinfo_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(jwe.ENCODINGS),
        "authorization_signing_alg_values_supported": list(algorithms),
        "authorization_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "authorization_encryption_enc_values_supported": list(jwe.ENCODINGS),
        "token_endpoint_auth_methods_supported": list(auth_methods),
        "token_endpoint_auth_signing_alg_values_supported": ["HS256", *VERIFYING_ALGORITHMS],
        "introspection_endpoint_auth_methods_supported": [name for name in auth_methods if name != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": ["HS256", *VERIFYING_ALGORITHMS],
        "revocation_endpoint_auth_methods_supported": list(auth_methods),
        "revocation_endpoint_auth_signing_alg_values_supported": ["HS256", *VERIFYING_ALGORITHMS],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "introspection_signing_alg_values_supported": list(algorithms),
        "acr_values_supported": list(acr_values),
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "ui_locales_supported": list(languages),
        "claims_locales_supported": ["fr"],
        "display_values_supported": ["page", "popup", "touch"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "sid",
            *claims,
            "former_subs",
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": protocol.request_uri,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": [
            *VERIFYING_ALGORITHMS,
            *(["none"] if protocol.unsigned_request_objects else []),
        ],
        "request_object_encryption_alg_values_supported": list(jwe.ALGORITHMS),
        "request_object_encryption_enc_values_supported": list(jwe.ENCODINGS),
        "pushed_authorization_request_endpoint": issuer + "/par",
        "require_pushed_authorization_requests": protocol.require_pushed_requests,
        "authorization_response_iss_parameter_supported": True,
    }


def with_certificates(document: Mapping[str, Any], base: str) -> Mapping[str, Any]:
    """The metadata of a provider that sees client certificates, at another host if `base` names one (RFC 8705 §5)."""
    more: dict[str, Any] = {"tls_client_certificate_bound_access_tokens": True}
    if base:
        issuer = str(document["issuer"])
        more["mtls_endpoint_aliases"] = {name: base + document[name].removeprefix(issuer) for name in ALIASED}
    return {**document, **more}
