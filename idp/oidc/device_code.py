"""Codes of device authorization (RFC 8628 §6.1): letters that are read out loud, without vowels, so without words."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from idp.oidc.server_facts import Facts

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
"""20 letters to the power of 8: 34 bits, guessed at five tries a quarter of an hour."""
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


def new_user_code() -> str:
    """Eight letters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(user_code: str) -> str:
    """«WDJB-MJHT», as the screen shows it."""
    return f"{user_code[:4]}-{user_code[4:]}"


def normalise(typed: str) -> str:
    """What somebody typed, in capitals, without spaces and dashes; empty for what cannot be a code."""
    letters = "".join(letter for letter in typed[:64].upper() if letter.isalnum())
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


def user_code_digest(key: bytes, user_code: str) -> bytes:
    """What is stored of a user code: keyed, since 34 bits are soon searched through."""
    return hmac.digest(key, b"user code\0" + user_code.encode(), "sha256")


def device_code_digest(device_code: str) -> bytes:
    """What is stored of a device code, which has 256 random bits."""
    return hashlib.sha256(device_code.encode("utf-8", "surrogatepass")).digest()


def metadata(facts: Facts) -> Mapping[str, Any]:
    """RFC 8628 §4."""
    return {"device_authorization_endpoint": facts.issuer + "/device_authorization"}
