"""RP-initiated logout: at once when the hint proves this session, after a confirmation otherwise.

The clients of the session hear of it: by the outbox (back-channel), and by frames of the last page (front-channel).
"""

import msgspec
from flask import Blueprint, Response, request

from idp.accounts import sessions
from idp.accounts.models import Session
from idp.db import db
from idp.franceconnect import service as upstream_logins
from idp.grants import sign_out
from idp.oidc import frontchannel
from idp.oidc.errors import ProtocolError
from idp.provider import logout
from idp.provider.core import Provider
from idp.web import security, upstream_logout
from idp.web.endpoints import brought, browser
from idp.web.hot import this_request

blueprint = Blueprint("end_session", __name__)


@blueprint.route("/end_session", methods=["GET", "POST"], provide_automatic_options=False)
def end_session() -> Response:
    """OpenID Connect RP-Initiated Logout §2."""
    http, provider, now = this_request(), browser.provider(), browser.milliseconds()
    key = browser.session_key(provider.settings, http)
    try:
        parameters = brought.parameters_of(provider, http)
        if answer := brought.once_more(provider, http):
            return answer
        asked = logout.read(provider, parameters, key, now)
    except ProtocolError as error:
        return browser.error_page(error)
    if asked.confirmed or not asked.session_id:
        return _end(asked)
    token = logout.confirmation(provider, asked, now)
    if asked.location:
        security.allow_form_target(asked.location)
    session = _session()
    account = session.account if session else None
    upstream_logout.allow_form_targets()
    return browser.page("logout/confirm.html", account=account, action="/deconnexion", hidden={"token": token})


@blueprint.post("/deconnexion")
def confirm() -> Response:
    """The confirmation form: «oui» ends the session, anything else keeps it."""
    security.check_form()
    if request.form.get("choix") != "oui":
        return browser.redirect(browser.provider().settings.site.portal_url or "/connexion")
    provider, now = browser.provider(), browser.milliseconds()
    key = browser.session_key(provider.settings, this_request())
    try:
        return _end(logout.confirm(provider, request.form.get("token", ""), key, now))
    except ProtocolError as error:
        return browser.error_page(error)


def _session() -> Session | None:
    return sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)


def _end(asked: logout.LogoutRequest) -> Response:
    """The session is gone at once, online refresh tokens with it; the cookie is cleared (attack 67)."""
    session, frames = _session(), list[str]()
    if session is not None:
        also = (asked.client_id,) if asked.client_id else ()
        frames = _frames(browser.provider(), session.public_id, also)
        asked = _upstream_too(asked, session.public_id)
        sign_out.end_session(session, also=also)
    db.session.commit()
    response = _last_page(asked, frames)
    if security.read_cookie(security.SESSION):
        security.delete_cookie(response, security.SESSION)
    return response


def _upstream_too(asked: logout.LogoutRequest, session_id: str) -> logout.LogoutRequest:
    """A session that came from FranceConnect a moment ago ends there too, after ours and before the service's page."""
    kept = upstream_logins.kept_login(session_id)
    away = upstream_logout.address(kept[0], asked.location or "/connexion") if kept else ""
    upstream_logins.forget_login(session_id)
    return msgspec.structs.replace(asked, location=away) if away else asked


def _frames(provider: Provider, session_id: str, also: tuple[str, ...]) -> list[str]:
    """The addresses of the session's clients that want to be loaded (Front-Channel Logout §3)."""
    told = {client.client_id for client, _ in sign_out.clients_of([session_id])} | set(also)
    clients = [client for client in map(provider.clients.find, sorted(told)) if client and client.logout.front_channel]
    return [
        frontchannel.address(
            client.logout.front_channel, issuer=provider.issuer, sid=provider.sid_of(session_id, client)
        )
        for client in clients
    ]


def _last_page(asked: logout.LogoutRequest, frames: list[str]) -> Response:
    for frame in frames:
        security.allow_frame(frame)
    if not asked.location:
        return browser.page("logout/logged_out.html", frames=frames)
    if not frames:
        return browser.redirect(asked.location)
    return browser.page("logout/leaving.html", frames=frames, location=asked.location, service_name=asked.client_name)
