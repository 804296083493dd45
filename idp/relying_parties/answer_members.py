"""How answers are signed and encrypted for a client: members of a registration (OpenID Registration §2, JARM §3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc import jwe
from idp.oidc.jwt import SIGNING_ALGORITHMS

KINDS = ("id_token", "userinfo", "authorization")
MEMBERS: dict[str, type] = {
    f"{kind}_{what}": str
    for kind in KINDS
    for what in ("signed_response_alg", "encrypted_response_alg", "encrypted_response_enc")
}
CHOICES: dict[str, tuple[str, ...]] = {
    **{f"{kind}_signed_response_alg": SIGNING_ALGORITHMS for kind in KINDS},
    **{f"{kind}_encrypted_response_alg": jwe.ALGORITHMS for kind in KINDS},
    **{f"{kind}_encrypted_response_enc": jwe.ENCODINGS for kind in KINDS},
}


@dataclass(frozen=True, slots=True)
class Protection:
    """The algorithms of one kind of answer; empty: not signed, not encrypted."""

    signed: str = ""
    encrypted: str = ""
    encoding: str = ""


def read(metadata: Mapping[str, Any], kind: str, signed: str = "") -> Protection:
    """The protection registered for that kind; `signed` is the algorithm when the registration names none."""
    encrypted = metadata.get(f"{kind}_encrypted_response_alg", "")
    encoding = metadata.get(f"{kind}_encrypted_response_enc", jwe.DEFAULT_ENCODING if encrypted else "")
    return Protection(metadata.get(f"{kind}_signed_response_alg", signed), encrypted, encoding)


def find_problems(metadata: Mapping[str, Any]) -> list[str]:
    """What does not go together, each with its member; every member has the right type already."""
    found = []
    for kind in KINDS:
        alg, enc = f"{kind}_encrypted_response_alg", f"{kind}_encrypted_response_enc"
        if enc in metadata and alg not in metadata:
            found.append(f"{enc}: needs {alg}")
        if alg in metadata and not (metadata.get("jwks", {}).get("keys") or "jwks_uri" in metadata):
            found.append(f"jwks: {alg} needs a key")
    return found
