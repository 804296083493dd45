"""RP-initiated logout: at once when the hint proves this session, after a confirmation otherwise."""

from flask import Blueprint, Response, request

from idp.accounts import sessions
from idp.db import db
from idp.oidc.errors import ProtocolError
from idp.provider import logout
from idp.web.endpoints import browser

blueprint = Blueprint("end_session", __name__)


@blueprint.route("/end_session", methods=["GET", "POST"], provide_automatic_options=False)
def end_session() -> Response:
    """OpenID Connect RP-Initiated Logout §2."""
    http, provider, now = browser.this_request(), browser.provider(), browser.milliseconds()
    key = browser.session_key(provider.settings, http)
    try:
        asked = logout.read(provider, browser.parameters_of(http), key, now)
    except ProtocolError as error:
        return browser.error_page(error)
    if asked.confirmed:
        return _end(asked)
    if not asked.session_id:
        return browser.page("logout/logged_out.html", client_name=asked.client_name)
    token = logout.confirmation(provider, asked, now)
    return browser.page("logout/confirm.html", token=token, client_name=asked.client_name)


@blueprint.post("/deconnexion")
def confirm() -> Response:
    """The confirmation form."""
    provider, now = browser.provider(), browser.milliseconds()
    key = browser.session_key(provider.settings, browser.this_request())
    try:
        return _end(logout.confirm(provider, request.form.get("token", ""), key, now))
    except ProtocolError as error:
        return browser.error_page(error)


def _end(asked: logout.LogoutRequest) -> Response:
    """The session is gone at once, online refresh tokens with it; the cookie is cleared (attack 67)."""
    provider = browser.provider()
    name = browser.session_cookie_name(provider.settings)
    if cookie := browser.this_request().cookie(name):
        sessions.end(cookie)
        db.session.commit()
    if asked.location:
        response = browser.redirect(asked.location)
    else:
        response = browser.page("logout/logged_out.html", client_name=asked.client_name)
    response.delete_cookie(name, path="/", secure=provider.issuer.startswith("https://"), httponly=True)
    return response
