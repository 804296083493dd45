"""Pushed authorization requests (RFC 9126 §2.2): the reference that a client gets, and what is stored of it."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from idp.oidc.server_facts import Facts

PREFIX = "urn:ietf:params:oauth:request_uri:"
CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""Parameters that authenticate the client: no part of the request that it pushes."""


def new_reference() -> str:
    """256 random bits (RFC 9126 §7.1)."""
    return secrets.token_urlsafe(32)


def reference_of(request_uri: str) -> str:
    """The reference in a `request_uri`; empty when it is none of ours."""
    return request_uri[len(PREFIX) :] if request_uri.startswith(PREFIX) else ""


def digest(reference: str) -> bytes:
    """The key of the stored request: a copy of the table gives no reference away."""
    return hashlib.sha256(reference.encode("utf-8", "surrogatepass")).digest()


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 9126 §5."""
    return {
        "pushed_authorization_request_endpoint": facts.issuer + "/par",
        "require_pushed_authorization_requests": facts.protocol.require_pushed_requests,
    }
