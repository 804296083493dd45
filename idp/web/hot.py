"""The hot path, for pages that read and count before their transaction begins."""

from flask import current_app, request

from idp.db.hot import HotPath
from idp.web.http import HttpRequest


def hot_path() -> HotPath:
    """The application's. On SQLite, nothing is written by it while a session's transaction is open: both would wait."""
    found: HotPath = current_app.extensions["idp"].hot
    return found


def this_request() -> HttpRequest:
    """The request as endpoints know it: the one that the dispatch table made, if it did.

    `decided` is what was found in front of Flask and this request must show.
    """
    known = request.environ.get("idp.request")
    return known if isinstance(known, HttpRequest) else HttpRequest.from_environ(request.environ)
