"""Proof Key for Code Exchange (RFC 7636), S256 only (RFC 9700 §2.1.1)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from idp.oidc.errors import invalid_request
from idp.oidc.server_facts import Facts

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str, method: str, *, required: bool) -> None:
    """Raise invalid_request for a missing, plain or malformed challenge (RFC 7636 §4.4.1)."""
    if not challenge:
        if required:
            raise invalid_request("code_challenge is required")
        if method:
            raise invalid_request("code_challenge_method without code_challenge")
        return
    if method != "S256":
        raise invalid_request("code_challenge_method must be S256")
    if not CHALLENGE.fullmatch(challenge):
        raise invalid_request("code_challenge is malformed")


def matches(challenge: str, verifier: str) -> bool:
    """Whether the verifier proves the challenge; a verifier where no challenge was never matches (RFC 9700 §4.8)."""
    if not challenge or not verifier:
        return not challenge and not verifier
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 8414 §2."""
    return {"code_challenge_methods_supported": ["S256"]}
