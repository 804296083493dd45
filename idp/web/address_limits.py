"""How many forms one network address may send in a minute; protocol endpoints have limits of their own."""

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from idp import limits
from idp.web import security

WINDOW_SECONDS = 60
PROTOCOL = ("endpoint_", "authorization.")
"""Endpoints that relying parties post to: many parents stand behind one of their addresses."""


def register(app: Flask) -> None:
    """Count every POST of a page."""
    app.before_request(_count)


def _count() -> None:
    if request.method != "POST" or (request.endpoint or "").startswith(PROTOCOL):
        return
    settings = security.settings().limits
    limit = settings.requests_per_address_per_minute
    address = request.remote_addr or ""
    if not limits.hit_address(settings, "form", address, limit=limit, window_seconds=WINDOW_SECONDS):
        raise TooManyRequests(retry_after=WINDOW_SECONDS)
