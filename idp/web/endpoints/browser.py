"""What endpoints read of a browser, and the pages they show it."""

from typing import Any

import structlog
from flask import Response, current_app, make_response, render_template, request

from idp import clock
from idp.accounts import sessions
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters, parse
from idp.provider.core import Provider
from idp.settings import Settings
from idp.web import security
from idp.web.http import FORM, HttpRequest
from idp.web.incidents import incident_of

log = structlog.get_logger(__name__)


def provider() -> Provider:
    """The application's provider."""
    found: Provider = current_app.extensions["idp"].provider
    return found


def milliseconds() -> int:
    """Now, as the hot path counts."""
    return clock.to_milliseconds(clock.now())


def session_key(settings: Settings, http: HttpRequest) -> bytes | None:
    """The key of the session's row; None without a plausible cookie."""
    cookie = http.cookie(security.cookie_name(security.SESSION, settings.server.issuer))
    return sessions.digest(cookie) if 0 < len(cookie) <= 128 and cookie.isascii() else None


def parameters_of(http: HttpRequest) -> Parameters:
    """Query of a GET, form of a POST; never both (RFC 6749 §3.1)."""
    if http.method == "GET":
        return parse(http.query)
    if http.content_type != FORM:
        raise invalid_request("the body must be a form", redirectable=False)
    if http.query:
        raise invalid_request("parameters belong in the body", redirectable=False)
    return parse(http.body)


def error_page(error: ProtocolError) -> Response:
    """A page of ours: nothing of the request is echoed; the incident number is in the log."""
    incident = incident_of(request.environ)
    log.warning("protocol_error", incident=incident, error=error.code, detail=error.detail or error.description)
    facts = {"error": error.code, "description": error.description, "incident": incident, "at": clock.now()}
    return page("errors/protocol.html", error.status, **facts)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A rendered page; `idp.web.security` adds its headers."""
    return make_response(render_template(template, **values), status)


def redirect(location: str) -> Response:
    """303: the browser goes on with GET, whatever it sent (RFC 9700 §4.12)."""
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = Response(status=303, headers=headers)
    response.autocorrect_location_header = False
    return response
