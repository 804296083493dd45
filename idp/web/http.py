"""A request and an answer without a framework: what protocol endpoints take and give.

The dispatch table makes the request straight from the WSGI environment; a Flask view makes the same one, so that an
endpoint has one implementation and two ways in (ARCHITECTURE, decision 21).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
import orjson

MAXIMUM_BODY = 256 * 1024
FORM = "application/x-www-form-urlencoded"

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
OF_A_REDIRECT = (
    *NO_STORE,
    ("Vary", "Cookie"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
JSON_NO_STORE = (("Content-Type", "application/json"), *NO_STORE)
STATUS_LINES = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}
"""Made once, not at each answer (PERFORMANCE rule 15)."""


class BodyTooLarge(Exception):
    """The body is larger than an endpoint takes (413)."""


@dataclass(slots=True)
class HttpRequest:
    """What an endpoint may know of a request; `environ` is the WSGI environment."""

    method: str
    path: str
    query: bytes
    environ: Mapping[str, Any]
    _body: bytes | None = None
    decided: object = None
    """What the hot path found and a page must show: nothing is judged twice."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any]) -> "HttpRequest":
        return cls(
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", "").encode("latin-1"),
            environ=environ,
        )

    @property
    def body(self) -> bytes:
        """The whole body. Raises BodyTooLarge past MAXIMUM_BODY."""
        if self._body is None:
            self._body = self._read_body()
        return self._body

    @property
    def was_read(self) -> bool:
        """Whether the stream of the body is used up."""
        return self._body is not None

    def _read_body(self) -> bytes:
        stream = self.environ["wsgi.input"]
        length = self.environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal():
            if int(length) > MAXIMUM_BODY:
                raise BodyTooLarge
            return bytes(stream.read(int(length)))
        body = bytes(stream.read(MAXIMUM_BODY + 1)) if self.environ.get("HTTP_TRANSFER_ENCODING") else b""
        if len(body) > MAXIMUM_BODY:
            raise BodyTooLarge
        return body

    def header(self, name: str) -> str:
        """A request header's value, empty when absent."""
        return str(self.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case."""
        found = str(self.environ.get("CONTENT_TYPE", ""))
        return FORM if found == FORM else found.partition(";")[0].strip().lower()

    def cookie(self, name: str) -> str:
        """A cookie's value, empty when absent; the first one wins when a name is doubled."""
        prefix = name + "="
        for part in str(self.environ.get("HTTP_COOKIE", "")).split(";"):
            part = part.strip()
            if part.startswith(prefix):
                return part[len(prefix) :]
        return ""

    @property
    def address(self) -> str:
        """The client's network address (behind trusted proxies, as ProxyFix found it)."""
        return str(self.environ.get("REMOTE_ADDR", ""))


class HttpAnswer(msgspec.Struct, frozen=True):
    """Status, headers and body of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = NO_STORE) -> "HttpAnswer":
        if headers is NO_STORE:
            return cls(status, JSON_NO_STORE, orjson.dumps(value))
        return cls(status, (("Content-Type", "application/json"), *headers), orjson.dumps(value))

    @classmethod
    def jwt(cls, token: str) -> "HttpAnswer":
        return cls(200, (("Content-Type", "application/jwt"), *NO_STORE), token.encode())

    @classmethod
    def redirect(cls, location: str, headers: Iterable[tuple[str, str]] = ()) -> "HttpAnswer":
        """See other: the browser goes on with GET, whatever it sent (RFC 9700 §4.12)."""
        return cls(303, (("Location", location), *OF_A_REDIRECT, *headers))

    @property
    def status_line(self) -> str:
        return STATUS_LINES[self.status]
