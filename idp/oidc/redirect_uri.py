"""Redirect URIs: what may be registered, and how one asked for is compared (RFC 6749 §3.1.2, RFC 8252 §7.3)."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/.*)?")
ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=%]+")

OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/(?P<authority>/?)")
"""An application's own, a domain name reversed; it has no authority (RFC 8252 §7.1)."""
LONGEST_AUTHORITY = 253 + len(":65535")
"""A name has at most 253 characters (RFC 1035 §2.3.4)."""


def problem(uri: str, *, native: bool = False, demo: bool = False) -> str:
    """Why the URI cannot be registered; empty when it can."""
    if not uri or len(uri) > 2048 or not ALLOWED.fullmatch(uri):
        return "must be printable ASCII without fragment, wildcard or backslash"
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 - raises ValueError when it is no number
    except ValueError:
        return "is not a URI"
    if "@" in parts.netloc:
        return "must not hold user information"
    if len(parts.netloc) > LONGEST_AUTHORITY:
        return "has a host that no name server knows"
    if ".." in parts.path.split("/") or "%" in parts.path:
        return "must not hold dot segments or escapes in its path"
    if uri.startswith("https://") and parts.hostname:
        return ""
    if LOOPBACK.fullmatch(uri) and (native or demo):
        return ""
    if native and (own := OWN_SCHEME.match(uri)):
        return "must have one slash after its scheme" if own["authority"] else ""
    return "must be https"


def is_registered(uri: str, registered: Iterable[str], *, native: bool = False) -> bool:
    """Whether that very string is registered; a native client's loopback address may have any port (RFC 8252 §7.3)."""
    for known in registered:
        if uri == known:
            return True
        asked, wanted = LOOPBACK.fullmatch(uri), LOOPBACK.fullmatch(known)
        if native and asked and wanted and asked.group(1, 3) == wanted.group(1, 3):
            return not problem(uri, native=True)
    return False


def origin(uri: str) -> str:
    """What a browser sends as `Origin` from pages beside it (RFC 6454 §6.2): scheme, host and port in lower case."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}".lower().removesuffix(":443" if parts.scheme == "https" else ":80")
