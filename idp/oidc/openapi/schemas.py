"""The schemas of the OpenAPI document: what goes in and comes out, with the values that discovery allows."""

from collections.abc import Iterable, Mapping
from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
SECONDS: dict[str, Any] = {"type": "integer", "description": "Seconds."}
FLAG: dict[str, Any] = {"type": "boolean"}
ADDRESS: dict[str, Any] = {"type": "string", "format": "uri"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
ADDRESSES: dict[str, Any] = {"type": "array", "items": ADDRESS}
OBJECT: dict[str, Any] = {"type": "object"}
CLIENT: dict[str, Any] = {
    "client_id": TEXT,
    "client_secret": {**TEXT, "description": "client_secret_post."},
    "client_assertion": {**TEXT, "description": "private_key_jwt or client_secret_jwt; aud is the issuer."},
    "client_assertion_type": {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
}


def schemas(discovery: Mapping[str, Any]) -> dict[str, Any]:
    """All schemas, by name."""
    request = _authorization_request(discovery)
    return {
        "Object": OBJECT,
        "Error": _object({"error": TEXT, "error_description": TEXT}, "error"),
        "KeySet": _object({"keys": {"type": "array", "items": OBJECT}}, "keys"),
        "AuthorizationRequest": _object(request, "client_id"),
        "PushedRequest": _object({**request, **CLIENT}, "client_id", "redirect_uri", "response_type"),
        "PushedAnswer": _object({"request_uri": TEXT, "expires_in": SECONDS}, "request_uri", "expires_in"),
        "LogoutRequest": _object(
            {"id_token_hint": TEXT, "post_logout_redirect_uri": ADDRESS, "state": TEXT, "client_id": TEXT}
        ),
        "TokenRequest": _token_request(discovery),
        "Tokens": _object(
            {
                "access_token": TEXT,
                "token_type": {"enum": ["Bearer", "DPoP"]},
                "expires_in": SECONDS,
                "scope": TEXT,
                "id_token": TEXT,
                "refresh_token": TEXT,
                "issued_token_type": TEXT,
            },
            "access_token",
            "token_type",
            "expires_in",
        ),
        "DeviceRequest": _object({"scope": _scope(discovery), "resource": ADDRESS, **CLIENT}, "scope"),
        "DeviceAnswer": _object(
            {
                "device_code": TEXT,
                "user_code": TEXT,
                "verification_uri": ADDRESS,
                "verification_uri_complete": ADDRESS,
                "expires_in": SECONDS,
                "interval": SECONDS,
            },
            "device_code",
            "user_code",
            "verification_uri",
            "expires_in",
        ),
        "TokenQuestion": _object({"token": TEXT, "token_type_hint": TEXT, **CLIENT}, "token"),
        "Introspection": _object({"active": FLAG}, "active"),
        "Claims": _claims(discovery),
        "Registration": _registration(discovery),
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _one_of(values: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _scope(discovery: Mapping[str, Any]) -> dict[str, Any]:
    return {**TEXT, "description": f"Separated by spaces: {' '.join(discovery['scopes_supported'])}."}


def _authorization_request(discovery: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_id": TEXT,
        "response_type": _one_of(discovery["response_types_supported"]),
        "redirect_uri": ADDRESS,
        "scope": _scope(discovery),
        "state": TEXT,
        "nonce": TEXT,
        "code_challenge": TEXT,
        "code_challenge_method": _one_of(discovery["code_challenge_methods_supported"]),
        "response_mode": _one_of(discovery["response_modes_supported"]),
        "prompt": {**TEXT, "description": f"Among: {' '.join(discovery['prompt_values_supported'])}."},
        "max_age": SECONDS,
        "acr_values": {**TEXT, "description": f"Among: {' '.join(discovery['acr_values_supported'])}."},
        "claims": {**TEXT, "description": "JSON (OpenID Connect Core 5.5)."},
        "ui_locales": {**TEXT, "description": f"Among: {' '.join(discovery['ui_locales_supported'])}."},
        "login_hint": TEXT,
        "id_token_hint": TEXT,
        "resource": ADDRESS,
        "dpop_jkt": TEXT,
        "request": {**TEXT, "description": "A signed request object (RFC 9101)."},
        "request_uri": {**TEXT, "description": "Of a pushed request (RFC 9126)."},
    }


def _token_request(discovery: Mapping[str, Any]) -> dict[str, Any]:
    return _object(
        {
            "grant_type": _one_of(grant for grant in discovery["grant_types_supported"] if grant != "implicit"),
            "code": TEXT,
            "redirect_uri": ADDRESS,
            "code_verifier": TEXT,
            "refresh_token": TEXT,
            "scope": _scope(discovery),
            "resource": ADDRESS,
            "device_code": TEXT,
            "subject_token": TEXT,
            "subject_token_type": TEXT,
            **CLIENT,
        },
        "grant_type",
    )


def _claims(discovery: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {"email_verified": FLAG, "phone_number_verified": FLAG, "updated_at": SECONDS, "address": OBJECT}
    kinds |= {"previous_login_at": SECONDS, "eleves": {"type": "array", "items": OBJECT}, "former_subs": TEXTS}
    own = ("iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")
    names = [name for name in discovery["claims_supported"] if name not in own]
    return _object({name: kinds.get(name, TEXT) for name in names}, "sub")


def _registration(discovery: Mapping[str, Any]) -> dict[str, Any]:
    return _object(
        {
            "client_name": TEXT,
            "redirect_uris": ADDRESSES,
            "post_logout_redirect_uris": ADDRESSES,
            "application_type": _one_of(("web", "native")),
            "grant_types": {"type": "array", "items": _one_of(discovery["grant_types_supported"])},
            "response_types": {"type": "array", "items": _one_of(discovery["response_types_supported"])},
            "token_endpoint_auth_method": _one_of(discovery["token_endpoint_auth_methods_supported"]),
            "id_token_signed_response_alg": _one_of(discovery["id_token_signing_alg_values_supported"]),
            "subject_type": _one_of(discovery["subject_types_supported"]),
            "scope": _scope(discovery),
            "jwks": OBJECT,
            "jwks_uri": ADDRESS,
            "sector_identifier_uri": ADDRESS,
            "contacts": TEXTS,
            "logo_uri": ADDRESS,
            "policy_uri": ADDRESS,
            "tos_uri": ADDRESS,
            "backchannel_logout_uri": ADDRESS,
            "frontchannel_logout_uri": ADDRESS,
            "initiate_login_uri": ADDRESS,
            "dpop_bound_access_tokens": FLAG,
        },
        "redirect_uris",
    )
