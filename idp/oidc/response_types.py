"""Response types (OpenID Connect Core §3, Multiple Response Types §5); `token` alone is no login and is refused."""

from collections.abc import Iterable, Mapping
from typing import Any

from idp.oidc.server_facts import Facts

SUPPORTED = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
CODE = frozenset({"code"})


def parse(text: str) -> frozenset[str]:
    """The words, whose order means nothing (RFC 6749 §3.1.1)."""
    return frozenset(text.split())


KNOWN = frozenset(map(parse, SUPPORTED))


def problems(response_types: Iterable[str], grant_types: Iterable[str]) -> list[str]:
    """What keeps these from being registered together (OpenID Connect Registration §2, RFC 7591 §2.1)."""
    found = []
    for text in response_types:
        words = parse(text)
        if words not in KNOWN:
            found.append(f"response_types: {text!r} is unknown")
        elif "code" in words and "authorization_code" not in grant_types:
            found.append(f"grant_types: {text!r} needs authorization_code")
        elif words != CODE and "implicit" not in grant_types:
            found.append(f"grant_types: {text!r} needs implicit")
    return found


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3: the code alone unless tokens may pass through the browser."""
    return {"response_types_supported": list(SUPPORTED if facts.protocol.front_channel_tokens else SUPPORTED[:1])}
