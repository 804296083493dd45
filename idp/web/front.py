"""What stands before every request: only our own name is answered to, and no crash gets out."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import structlog

from idp.settings import Server, is_loopback
from idp.web.dispatch import StartResponse, Wsgi
from idp.web.incidents import incident_of

log = structlog.get_logger(__name__)

ANY_HOST = frozenset({"/healthz", "/readyz"})
"""Probes ask by address; these answer with one word."""
NO_CHARACTER = "\ufffd".encode().decode("latin-1")
"""In place of a NUL, which PostgreSQL takes in no text: the address then names nothing, on either database."""


class Front:
    """A WSGI application around all others."""

    def __init__(self, inner: Wsgi, settings: Server) -> None:
        self._inner = inner
        self._names = _names(settings.issuer)
        self._any_loopback = settings.demo

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if host not in self._names and not self._is_known(host, environ["PATH_INFO"]):
            return _refuse(environ, start_response)
        if "\x00" in environ["PATH_INFO"]:
            environ["PATH_INFO"] = environ["PATH_INFO"].replace("\x00", NO_CHARACTER)
        try:
            return self._inner(environ, start_response)
        except Exception as error:
            log.error("crash", incident=incident_of(environ), exc_info=error)
            return _plain(start_response, "500 Internal Server Error", b'{"error":"server_error"}', "application/json")

    def _is_known(self, host: str, path: str) -> bool:
        if host.lower() in self._names or path in ANY_HOST:
            return True
        try:
            return self._any_loopback and is_loopback(f"//{host}")
        except ValueError:
            return False


def _names(issuer: str) -> frozenset[str]:
    """The issuer's authority, with and without the scheme's own port (RFC 9110 §7.2)."""
    parts = urlsplit(issuer)
    host = parts.netloc.lower()
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return frozenset({host, host.removesuffix(usual), host if parts.port else host + usual})


def _refuse(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    log.warning("unknown_host", incident=incident_of(environ))
    return _plain(start_response, "400 Bad Request", b"This name is not served here.\n", "text/plain")


def _plain(start_response: StartResponse, status: str, body: bytes, kind: str) -> Iterable[bytes]:
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(status, headers)
    return [body]
