"""How a client proves who it is, and its security profile: members of a registration (RFC 7591, RFC 8705, RFC 9449)."""

from collections.abc import Mapping
from typing import Any

from idp.oidc.client_certificate import SUBJECT_MEMBERS
from idp.oidc.profiles import ASYMMETRIC, PROFILES

MEMBERS: dict[str, type] = {
    "profile": str,
    "token_endpoint_auth_signing_alg": str,
    "dpop_bound_access_tokens": bool,
    "tls_client_certificate_bound_access_tokens": bool,
    **dict.fromkeys(SUBJECT_MEMBERS, str),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "profile": tuple(PROFILES),
    "token_endpoint_auth_signing_alg": ("HS256", *ASYMMETRIC),
}


def find_problems(metadata: Mapping[str, Any]) -> list[str]:
    """What does not go together, each with its member; every member has the right type already."""
    method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    return [*_method_problems(method, metadata), *_profile_problems(method, metadata)]


def _method_problems(method: str, metadata: Mapping[str, Any]) -> list[str]:
    found = []
    has_keys = bool(metadata.get("jwks", {}).get("keys") or "jwks_uri" in metadata)
    if method in ("private_key_jwt", "self_signed_tls_client_auth") and not has_keys:
        found.append(f"jwks: {method} needs a key")
    if method == "none" and "client_credentials" in metadata.get("grant_types", ()):
        found.append("grant_types: client_credentials needs client authentication")
    named = [member for member in SUBJECT_MEMBERS if metadata.get(member)]
    if len(named) != (1 if method == "tls_client_auth" else 0):
        found.append(
            "tls_client_auth_subject_dn: one name of the certificate, for tls_client_auth alone (RFC 8705 2.1.2)"
        )
    alg = metadata.get("token_endpoint_auth_signing_alg")
    if alg is not None and (alg == "HS256") != (method == "client_secret_jwt"):
        found.append(f"token_endpoint_auth_signing_alg: {alg} is not for {method}")
    return found


def _profile_problems(method: str, metadata: Mapping[str, Any]) -> list[str]:
    name = metadata.get("profile", "oidc")
    rules = PROFILES[name]
    found = []
    if rules.auth_methods is not None and method not in rules.auth_methods:
        found.append(f"token_endpoint_auth_method: {name} takes {', '.join(sorted(rules.auth_methods))}")
    alg = metadata.get("id_token_signed_response_alg", "RS256")
    if rules.provider_algorithms is not None and alg not in rules.provider_algorithms:
        found.append(f"id_token_signed_response_alg: {name} takes {', '.join(rules.provider_algorithms)}")
    if rules.code_flow_only and metadata.get("response_types", ["code"]) != ["code"]:
        found.append(f"response_types: {name} takes code alone")
    asserted = metadata.get("token_endpoint_auth_signing_alg")
    if asserted not in (None, "HS256", *rules.client_algorithms):
        found.append(f"token_endpoint_auth_signing_alg: {name} takes {', '.join(rules.client_algorithms)}")
    return found
