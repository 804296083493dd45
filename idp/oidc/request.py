"""Strict parsing of a query or form body: once, before anything else sees it (ARCHITECTURE, decision 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from idp.oidc.errors import ProtocolError, invalid_request

MAXIMUM_BYTES = 64 * 1024
MAXIMUM_FIELDS = 64
DEFAULT_CEILING = 2048
REPEATABLE = frozenset({"resource", "audience"})
"""May come several times (RFC 8707 §2, RFC 8693 §2.1): kept as one value, separated by spaces, which no URI holds."""
CEILINGS = {
    "brought": 8192,
    "client_id": 64,
    "scope": 1024,
    "state": 4096,
    "nonce": 1024,
    "code_challenge": 128,
    "code_verifier": 128,
    "code": 4096,
    "refresh_token": 4096,
    "token": 8192,
    "access_token": 8192,
    "client_assertion": 8192,
    "id_token_hint": 8192,
    "request": 32768,
    "claims": 8192,
}
"""The longest value taken, in characters; DEFAULT_CEILING for every other parameter."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request; those doubled or too long are not values but defects."""

    values: Mapping[str, str]
    defects: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value; empty when absent: a parameter without value counts as omitted (RFC 6749 §3.1)."""
        return self.values.get(name, "")

    def refuse_defects(self) -> None:
        """Raise invalid_request for the first defect."""
        for defect in self.defects.values():
            raise invalid_request(defect)


def parse(raw: bytes) -> Parameters:
    """Parameters of a query string or form body.

    Raises invalid_request, not redirectable, when nothing can be trusted: too long, too many fields, not UTF-8, NUL.
    """
    if len(raw) > MAXIMUM_BYTES:
        raise ProtocolError("invalid_request", "the request is too long", status=413, redirectable=False)
    pairs = raw.decode("latin-1").split("&") if raw else []
    if len(pairs) > MAXIMUM_FIELDS:
        raise invalid_request("too many parameters", redirectable=False)
    values: dict[str, str] = {}
    defects: dict[str, str] = {}
    for pair in pairs:
        if not pair:
            continue
        name_part, _, value_part = pair.partition("=")
        name, value = _decode(name_part), _decode(value_part)
        if name in values and name in REPEATABLE:
            value = f"{values[name]} {value}"
        elif name in values:
            defects[name] = "a parameter is repeated"
        if len(value) > CEILINGS.get(name, DEFAULT_CEILING):
            defects[name] = "a parameter is too long"
        values[name] = value
    for name in defects:
        del values[name]
    return Parameters(MappingProxyType(values), MappingProxyType(defects))


def _decode(part: str) -> str:
    """The text of a name or value, given as one character a byte."""
    if part.isascii() and "%" not in part and "+" not in part and "\0" not in part:
        return part
    try:
        text = unquote_to_bytes(part.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_request("a parameter is not UTF-8", redirectable=False) from None
    if "\0" in text:
        raise invalid_request("a parameter holds NUL", redirectable=False)
    return text


def scopes(text: str) -> tuple[str, ...]:
    """The scope tokens in their order, each once (RFC 6749 §3.3)."""
    return tuple(dict.fromkeys(text.split()))
