"""The discovery document (OpenID Connect Discovery §3, RFC 8414): what each specification's module tells, together.

A new specification adds its own module with a function `metadata`, and one line here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from idp.oidc import (
    claims_request,
    client_authentication,
    client_certificate,
    device_code,
    dpop,
    frontchannel,
    grant_types,
    jwe,
    jwt,
    logout_token,
    par,
    pkce,
    request_object,
    response_modes,
    response_types,
    scopes,
    session_state,
    subject,
)
from idp.oidc.server_facts import Facts


def core(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3, and the endpoints that no module of its own describes."""
    issuer = facts.issuer
    return {
        "issuer": issuer,
        "service_documentation": issuer + "/developpeurs",
        "authorization_endpoint": issuer + "/authorize",
        "token_endpoint": issuer + "/token",
        "userinfo_endpoint": issuer + "/userinfo",
        "jwks_uri": issuer + "/jwks",
        "introspection_endpoint": issuer + "/introspect",
        "revocation_endpoint": issuer + "/revoke",
        "end_session_endpoint": issuer + "/end_session",
        "registration_endpoint": issuer + "/register",
        "services_endpoint": issuer + "/services",
        "acr_values_supported": list(facts.acr_values),
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "ui_locales_supported": list(facts.languages),
        "display_values_supported": ["page", "popup", "touch"],
        "authorization_response_iss_parameter_supported": True,
    }


CONTRIBUTIONS: tuple[Callable[[Facts], Mapping[str, Any]], ...] = (
    core,
    response_types.metadata,
    response_modes.metadata,
    grant_types.metadata,
    scopes.metadata,
    subject.metadata,
    claims_request.metadata,
    request_object.metadata,
    client_authentication.metadata,
    jwt.metadata,
    jwe.metadata,
    pkce.metadata,
    par.metadata,
    device_code.metadata,
    dpop.metadata,
    session_state.metadata,
    frontchannel.metadata,
    logout_token.metadata,
    client_certificate.metadata,
)


def document(facts: Facts) -> Mapping[str, Any]:
    """Metadata of the provider."""
    return {name: value for contribute in CONTRIBUTIONS for name, value in contribute(facts).items()}
