"""Authorization responses (RFC 6749 §4.1.2, RFC 9207)."""

from collections.abc import Mapping
from urllib.parse import urlencode


def redirect_location(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """The registered URI, byte for byte, with the response's parameters added to its query."""
    separator = "&" if "?" in redirect_uri else "?"
    return redirect_uri + separator + urlencode({name: value for name, value in parameters.items() if value})
