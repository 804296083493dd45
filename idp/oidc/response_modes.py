"""Response modes: one way out for an authorization response, errors and successes alike.

OAuth Multiple Response Types §2.1 (`query`, `fragment`), Form Post Response Mode §2, JARM §2.3 (`jwt` and its kin).
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote_plus

from idp.oidc.errors import invalid_request
from idp.oidc.server_facts import Facts

MODES = ("query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt")
TOKENS = frozenset({"token", "id_token"})
_is_plain = re.compile(r"[A-Za-z0-9._~-]*").fullmatch


def default(response_type: Collection[str]) -> str:
    """Tokens never travel in a query, which logs and `Referer` carry on (Multiple Response Types §3)."""
    return "query" if TOKENS.isdisjoint(response_type) else "fragment"


def choose(asked: str, response_type: Collection[str]) -> str:
    """The mode of the response; `jwt` becomes the one it stands for. Raises invalid_request."""
    if not asked:
        return default(response_type)
    if asked not in MODES:
        raise invalid_request("response_mode is unknown")
    if asked == "jwt":
        return default(response_type) + ".jwt"
    if asked in ("query", "query.jwt") and default(response_type) != "query":
        raise invalid_request("response_mode query cannot carry tokens")
    return asked


def choose_for_error(asked: str, response_type: Collection[str]) -> str:
    """As `choose`, for a request whose own mode may be the error: the default mode then."""
    if asked not in MODES or (asked in ("query", "query.jwt") and default(response_type) != "query"):
        asked = ""
    return choose(asked, response_type)


def location(mode: str, redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """The registered URI, byte for byte, with the parameters in its query or fragment."""
    pairs = [(name, value) for name, value in parameters.items() if value]
    encoded = "&".join([f"{name}={value if _is_plain(value) else quote_plus(value)}" for name, value in pairs])
    if mode.startswith("fragment"):
        return f"{redirect_uri}#{encoded}"
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{encoded}"


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3."""
    return {"response_modes_supported": list(MODES)}
