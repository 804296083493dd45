"""One id a request: the proxy's when a trusted one sends it, else a new one; logs hold it and error pages show it."""

import re
import secrets
from typing import Any

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
KEY = "idp.incident"
GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


def incident_of(environ: dict[str, Any]) -> str:
    """The request's id, made when it is first asked for: most requests never need one."""
    if KEY not in environ:
        environ[KEY] = _given(environ) or new_incident()
    return str(environ[KEY])


def new_incident() -> str:
    """A code that a person can read out on the telephone."""
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _given(environ: dict[str, Any]) -> str | None:
    """`X-Request-ID`, believed only behind a proxy that the settings name: ProxyFix leaves its mark then."""
    if "werkzeug.proxy_fix.orig" not in environ:
        return None
    found = GIVEN.fullmatch(str(environ.get("HTTP_X_REQUEST_ID", "")))
    return found.group() if found else None
