"""A page whose transaction lost against another is asked for again inside: nobody sees it but the log.

One request is one transaction, and a lost one has written nothing. What a request sent is kept until it is answered.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from idp.db import conflicts

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
LOST = "idp.lost"
"""Set by the handler of errors; a request without it is answered as it is."""


class Again:
    """Gives `inner` the same request again while its transaction is lost, a few times."""

    def __init__(self, inner: Wsgi, largest_body: int) -> None:
        self._inner = inner
        self._largest = largest_body

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if environ.get("HTTP_TRANSFER_ENCODING") or not length.isdecimal() or int(length) > self._largest:
            return self._inner(environ, start_response)
        body = environ["wsgi.input"].read(int(length)) if int(length) else b""
        asked = dict(environ)
        for attempt in range(conflicts.ATTEMPTS):
            # In place: the request that the dispatch table made before reads this very mapping.
            environ.clear()
            environ.update(asked)
            environ["wsgi.input"] = BytesIO(body)
            answer = _Kept(self._inner, environ)
            if LOST not in environ:
                break
            conflicts.pause(attempt)
        return answer.give(start_response)


class _Kept:
    """An answer that is not sent yet."""

    def __init__(self, inner: Wsgi, request: dict[str, Any]) -> None:
        self._head: tuple[Any, ...] = ()
        self._body = inner(request, self._start)

    def give(self, start_response: StartResponse) -> Iterable[bytes]:
        start_response(*self._head)
        return self._body

    def _start(self, *head: Any) -> Callable[[bytes], object]:
        self._head = head
        return lambda _data: None
