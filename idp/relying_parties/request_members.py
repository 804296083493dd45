"""How a client may ask: members of a registration (OpenID Connect Registration §2, RFC 9101 §10.5, RFC 9126 §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc import jwe
from idp.oidc.jwt import VERIFYING_ALGORITHMS

MEMBERS: dict[str, type] = {
    "default_max_age": int,
    "require_auth_time": bool,
    "default_acr_values": list,
    "request_object_signing_alg": str,
    "request_object_encryption_alg": str,
    "request_object_encryption_enc": str,
    "request_uris": list,
    "require_signed_request_object": bool,
    "require_pushed_authorization_requests": bool,
}
CHOICES: dict[str, tuple[str, ...]] = {
    "request_object_signing_alg": (*VERIFYING_ALGORITHMS, "none"),
    "request_object_encryption_alg": jwe.ALGORITHMS,
    "request_object_encryption_enc": jwe.ENCODINGS,
}


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What the registration says about authorization requests."""

    signing_alg: str = ""
    """The one algorithm of its request objects; `none`: unsigned ones too; empty: any signature."""
    encryption_alg: str = ""
    encryption_enc: str = ""
    request_uris: tuple[str, ...] = ()
    signed: bool = False
    pushed: bool = False


def read(metadata: Mapping[str, Any]) -> RequestRules:
    """The rules of a registration."""
    return RequestRules(
        signing_alg=metadata.get("request_object_signing_alg", ""),
        encryption_alg=metadata.get("request_object_encryption_alg", ""),
        encryption_enc=metadata.get("request_object_encryption_enc", ""),
        request_uris=tuple(metadata.get("request_uris", ())),
        signed=bool(metadata.get("require_signed_request_object", False)),
        pushed=bool(metadata.get("require_pushed_authorization_requests", False)),
    )


def find_problems(metadata: Mapping[str, Any]) -> list[str]:
    """What does not go together, each with its member; every member has the right type already."""
    found = []
    if not 0 <= metadata.get("default_max_age", 0) < 1 << 31:
        found.append("default_max_age: seconds, not negative")
    if metadata.get("require_signed_request_object") and metadata.get("request_object_signing_alg") == "none":
        found.append("request_object_signing_alg: none is no signature")
    if "request_object_encryption_enc" in metadata and "request_object_encryption_alg" not in metadata:
        found.append("request_object_encryption_enc: needs request_object_encryption_alg")
    found += [f"request_uris: {uri!r} must be https" for uri in metadata.get("request_uris", ()) if not _is_web(uri)]
    return found


def _is_web(uri: str) -> bool:
    """RFC 9101 §10.4: an address of the client's own; a fragment may hold the object's hash."""
    return uri.startswith("https://") and uri.isascii() and uri.isprintable() and "@" not in uri and len(uri) <= 512
