"""Front-channel logout (OpenID Connect Front-Channel Logout §2 and §3)."""

from urllib.parse import urlencode


def address(uri: str, *, issuer: str, sid: str) -> str:
    """The client's registered address, its query kept, with `iss` and `sid`."""
    separator = "&" if "?" in uri else "?"
    return uri + separator + urlencode({"iss": issuer, "sid": sid})
