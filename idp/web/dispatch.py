"""The table in front of Flask: hot endpoints are answered here, everything else falls through (decision 21)."""

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

import structlog

from idp.web.http import BodyTooLarge, HttpAnswer, HttpRequest

log = structlog.get_logger(__name__)

Endpoint = Callable[[HttpRequest], HttpAnswer | None]
"""Answers a request, or gives None: Flask then answers it with a page."""

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


def or_a_page(endpoint: Endpoint) -> Endpoint:
    """An endpoint that people look at, and that may be asked twice: where it fails, Flask answers, with its page."""

    def answer(request: HttpRequest) -> HttpAnswer | None:
        try:
            return endpoint(request)
        except Exception as error:
            log.warning("left_to_flask", path=request.path, exc_info=error)
            return None

    return answer


def answer_of(endpoint: Endpoint, request: HttpRequest) -> HttpAnswer | None:
    """The endpoint's answer; 413 when the body is larger than any endpoint takes."""
    try:
        return endpoint(request)
    except BodyTooLarge:
        return HttpAnswer.json({"error": "invalid_request", "error_description": "body too large"}, 413)


class Dispatch:
    """A WSGI application that asks its table of (method, path) first and `fallback` next.

    A path in the table that ends in `/*` stands for all of that folder.
    """

    def __init__(self, table: Mapping[tuple[str, str], Endpoint], fallback: Wsgi) -> None:
        self._table = dict(table)
        self._fallback = fallback

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        endpoint = self._table.get((method, path)) or self._table.get((method, path.rpartition("/")[0] + "/*"))
        if endpoint is None:
            return self._fallback(environ, start_response)
        request = HttpRequest.from_environ(environ)
        environ["idp.request"] = request
        answer = answer_of(endpoint, request)
        if answer is None:
            if request.was_read:
                environ["wsgi.input"] = BytesIO(request.body)
            return self._fallback(environ, start_response)
        start_response(answer.status_line, [*answer.headers, ("Content-Length", str(len(answer.body)))])
        return (answer.body,)
