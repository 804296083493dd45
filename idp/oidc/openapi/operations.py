"""The operations of the OpenAPI document: one entry a method of an endpoint, named as discovery names the endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
JWT = "application/jwt"
Answer = tuple[str, ...]
"""What it means; media type; schema."""

REFUSED: Answer = ("What is wrong", JSON, "Error")
REFUSALS: Mapping[str, Answer] = {"400": REFUSED, "401": ("The client is not authenticated", JSON, "Error")}
TOKEN_REFUSALS: Mapping[str, Answer] = {"401": ("The token is not valid", JSON, "Error")}
TO_CLIENT: Mapping[str, Answer] = {
    "303": ("To the redirect URI with code, state and iss, or with error; or to a page of the provider",),
    "200": ("The form that posts the answer (response_mode form_post)", "text/html"),
    "400": ("A page: client or redirect URI are not proved, nothing is sent anywhere", "text/html"),
}
PAGES: Mapping[str, Answer] = {
    "200": ("The parent is asked, or told that the session ended", "text/html"),
    "303": ("To the post_logout_redirect_uri with state",),
}
CLIENT = ("client_secret_basic",)
TOKEN = ("access_token", "dpop")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of an endpoint; `address` is a member of discovery, or a path."""

    name: str
    method: str
    address: str
    tag: str
    summary: str
    source: str
    answers: Mapping[str, Answer]
    suffix: str = ""
    security: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    query: str = ""
    """Schema whose members are the query's parameters."""
    body: tuple[str, str] | tuple[()] = field(default=())
    """Media type and schema."""


def _metadata(name: str, address: str, summary: str, source: str, schema: str) -> Operation:
    return Operation(name, "get", address, "metadata", summary, source, {"200": ("Public", JSON, schema)})


def _of_client(
    name: str, address: str, summary: str, source: str, schema: str, answers: dict[str, Answer]
) -> Operation:
    body = (FORM, schema)
    whole = {**answers, **REFUSALS}
    return Operation(name, "post", address, "client", summary, source, whole, security=CLIENT, body=body)


OPERATIONS = (
    _metadata(
        "discovery",
        "/.well-known/openid-configuration",
        "The provider's metadata",
        "OpenID Connect Discovery 1.0 4",
        "Object",
    ),
    _metadata("metadata", "/.well-known/oauth-authorization-server", "The same", "RFC 8414 3", "Object"),
    _metadata("keys", "jwks_uri", "The keys that sign, and those to encrypt to", "RFC 7517 5", "KeySet"),
    _metadata("services", "services_endpoint", "What a portal shows as tiles", "docs/services.md", "Object"),
    _metadata("openapi", "/openapi.json", "This document", "OpenAPI 3.1", "Object"),
    Operation(
        "authorize",
        "get",
        "authorization_endpoint",
        "browser",
        "Ask for a parent: the browser is sent here",
        "OpenID Connect Core 1.0 3.1.2",
        TO_CLIENT,
        query="AuthorizationRequest",
    ),
    Operation(
        "authorize_by_form",
        "post",
        "authorization_endpoint",
        "browser",
        "The same by form",
        "OpenID Connect Core 1.0 3.1.2.1",
        TO_CLIENT,
        body=(FORM, "AuthorizationRequest"),
    ),
    Operation(
        "end_session",
        "get",
        "end_session_endpoint",
        "browser",
        "End the session: the browser is sent here",
        "OpenID Connect RP-Initiated Logout 1.0 2",
        PAGES,
        query="LogoutRequest",
    ),
    Operation(
        "end_session_by_form",
        "post",
        "end_session_endpoint",
        "browser",
        "The same by form",
        "OpenID Connect RP-Initiated Logout 1.0 2",
        PAGES,
        body=(FORM, "LogoutRequest"),
    ),
    Operation(
        "check_session",
        "get",
        "check_session_iframe",
        "browser",
        "A frame that says whether the session changed",
        "OpenID Connect Session Management 1.0 3.2",
        {"200": ("The frame", "text/html")},
    ),
    _of_client(
        "push",
        "pushed_authorization_request_endpoint",
        "Push an authorization request",
        "RFC 9126 2",
        "PushedRequest",
        {"201": ("Where the request waits", JSON, "PushedAnswer")},
    ),
    _of_client(
        "token",
        "token_endpoint",
        "Tokens for a code, a refresh token, a device code, another token, or the client itself",
        "RFC 6749 3.2; the grant types are in discovery",
        "TokenRequest",
        {"200": ("Tokens", JSON, "Tokens")},
    ),
    _of_client(
        "device_authorization",
        "device_authorization_endpoint",
        "Codes for a screen and for who stands before it",
        "RFC 8628 3.1",
        "DeviceRequest",
        {"200": ("Two codes", JSON, "DeviceAnswer")},
    ),
    _of_client(
        "introspect",
        "introspection_endpoint",
        "What a token says",
        "RFC 7662 2; signed with Accept: application/token-introspection+jwt (RFC 9701 4)",
        "TokenQuestion",
        {"200": ("Active or not", JSON, "Introspection")},
    ),
    _of_client(
        "revoke", "revocation_endpoint", "End a token and its grant", "RFC 7009 2", "TokenQuestion", {"200": ("Done",)}
    ),
    *(
        Operation(
            f"userinfo_by_{method}",
            method,
            "userinfo_endpoint",
            "resource",
            "Claims about the parent",
            "OpenID Connect Core 1.0 5.3; a JWT where the client registered so",
            {"200": ("Claims", JSON, "Claims"), **TOKEN_REFUSALS},
            security=TOKEN,
        )
        for method in ("get", "post")
    ),
    Operation(
        "register",
        "post",
        "registration_endpoint",
        "registration",
        "Register a client",
        "RFC 7591 3; the token says how many clients, and the most they may ask",
        {"201": ("The whole registration", JSON, "Registration"), "400": REFUSED, "401": REFUSED, "403": REFUSED},
        security=("initial_access_token",),
        body=(JSON, "Registration"),
    ),
    *(
        Operation(
            f"registration_{verb}",
            method,
            "registration_endpoint",
            "registration",
            summary,
            f"RFC 7592 {section}",
            {**answers, **TOKEN_REFUSALS},
            suffix="/{client_id}",
            security=("registration_access_token",),
            parameters=(("client_id", "path"),),
            body=body,
        )
        for verb, method, summary, section, answers, body in (
            ("read", "get", "Read the registration", "2.1", {"200": ("As it stands", JSON, "Registration")}, ()),
            (
                "update",
                "put",
                "Replace the whole registration",
                "2.2",
                {"200": ("As it stands now", JSON, "Registration"), "400": REFUSED},
                (JSON, "Registration"),
            ),
            ("delete", "delete", "End the registration", "2.3", {"204": ("It is gone",)}, ()),
        )
    ),
)
