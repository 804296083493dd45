"""`session_state`: what lets a page of the client see, in an iframe of ours, that the session changed.

OpenID Connect Session Management §2 and §3.2. The browser state is derived one way from the session's row key, so that
the readable cookie which holds it opens nothing.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.oidc.server_facts import Facts

USUAL_PORTS = {"https": ":443", "http": ":80"}


def browser_state(session_key: bytes) -> str:
    """The readable cookie's value for the session of that row key."""
    digest = hashlib.sha256(b"browser state\0" + session_key).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def of(client_id: str, redirect_uri: str, session_key: bytes) -> str:
    """`session_state` of an authorization response; empty for a redirect URI without an origin (a native client)."""
    origin = origin_of(redirect_uri)
    return compute(client_id, origin, browser_state(session_key), secrets.token_hex(8)) if origin else ""


def compute(client_id: str, origin: str, state: str, salt: str) -> str:
    """The hash that the iframe computes too (static/check_session.js)."""
    message = f"{client_id} {origin} {state} {salt}"
    return f"{hashlib.sha256(message.encode()).hexdigest()}.{salt}"


def origin_of(uri: str) -> str:
    """The origin as browsers write it (RFC 6454 §6.1)."""
    parts = urlsplit(uri)
    usual = USUAL_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}" if usual is not None else ""


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Session Management §3.3."""
    return {"check_session_iframe": facts.issuer + "/check_session"}
