"""RP-initiated logout: at once when the hint proves this session, after a confirmation otherwise."""

from flask import Blueprint, Response, request

from idp.accounts import sessions
from idp.db import db
from idp.grants import sign_out
from idp.oidc.errors import ProtocolError
from idp.provider import logout
from idp.web import security
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
        return browser.page("logout/logged_out.html")
    token = logout.confirmation(provider, asked, now)
    if asked.location:
        security.allow_form_target(asked.location)
    cookie = security.read_cookie(security.SESSION)
    session = sessions.find(cookie, provider.settings.sessions)
    account = session.account if session else None
    return browser.page("logout/confirm.html", account=account, action="/deconnexion", hidden={"token": token})


@blueprint.post("/deconnexion")
def confirm() -> Response:
    """The confirmation form: «oui» ends the session, anything else keeps it."""
    security.check_form()
    if request.form.get("choix") != "oui":
        return browser.redirect(browser.provider().settings.site.portal_url or "/connexion")
    provider, now = browser.provider(), browser.milliseconds()
    key = browser.session_key(provider.settings, browser.this_request())
    try:
        return _end(logout.confirm(provider, request.form.get("token", ""), key, now))
    except ProtocolError as error:
        return browser.error_page(error)


def _end(asked: logout.LogoutRequest) -> Response:
    """The session is gone at once, online refresh tokens with it; the cookie is cleared (attack 67)."""
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    if session is not None:
        sign_out.end_session(session)
    db.session.commit()
    response = browser.redirect(asked.location) if asked.location else browser.page("logout/logged_out.html")
    security.delete_cookie(response, security.SESSION)
    return response
