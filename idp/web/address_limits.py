"""How many forms one network address may send in a minute; protocol endpoints have limits of their own."""

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from idp import limits
from idp.settings import Limits
from idp.web import security
from idp.web.hot import this_request

WINDOW_SECONDS = 60
PROTOCOL = ("endpoint_", "authorization.")
"""Endpoints that relying parties post to: many parents stand behind one of their addresses."""


def register(app: Flask) -> None:
    """Count every POST of a page; what was decided in front of Flask was counted there."""
    app.before_request(_count)


def count(address: str, settings: Limits) -> bool:
    """Count one form of this address; whether it is within the limit."""
    limit = settings.requests_per_address_per_minute
    return limits.hit_address(settings, "form", address, limit=limit, window_seconds=WINDOW_SECONDS)


def _count() -> None:
    if request.method != "POST" or (request.endpoint or "").startswith(PROTOCOL) or this_request().decided is not None:
        return
    if not count(request.remote_addr or "", security.settings().limits):
        raise TooManyRequests(retry_after=WINDOW_SECONDS)
