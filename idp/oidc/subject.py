"""Subject identifiers (OpenID Connect Core §8): keyed, so that nobody else can compute or correlate them."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from idp.oidc.server_facts import Facts


@lru_cache(maxsize=8192)
def _derive(key: bytes, *parts: str) -> str:
    """The same parts give the same text: a token's holder is spoken of again at once, by userinfo and introspection."""
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return urlsafe_b64encode(hmac.digest(key, message, hashlib.sha256)).rstrip(b"=").decode()


def pairwise(key: bytes, sector: str, account_id: str) -> str:
    """The account's subject in a sector: 43 characters, a length that no client_id has."""
    return _derive(key, "pairwise", sector, account_id)


def public(key: bytes, account_id: str) -> str:
    """The account's subject for clients registered with `subject_type` public."""
    return _derive(key, "public", account_id)


def child(key: bytes, sector: str, pupil_id: str) -> str:
    """A child's identifier in a sector."""
    return _derive(key, "child", sector, pupil_id)


def session_id(key: bytes, client_id: str, public_session_id: str) -> str:
    """`sid` for one client: derived, so that two clients cannot tell that they share a session."""
    return _derive(key, "sid", client_id, public_session_id)


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3."""
    return {"subject_types_supported": ["pairwise", "public"]}
