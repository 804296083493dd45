"""The authorization endpoint in front of Flask: answers where a redirect is the whole answer (PERFORMANCE rule 1)."""

import secrets

from idp.flows.ends import Ends
from idp.oidc.errors import ProtocolError
from idp.oidc.request import parse
from idp.provider.authorization import LoginNeeded, Redirect, decide
from idp.provider.core import Provider
from idp.settings import Settings
from idp.web import security
from idp.web.dispatch import Endpoint
from idp.web.endpoints import browser
from idp.web.endpoints.authorization import login_path, resumed_from, state_of, stored_parameters
from idp.web.http import HttpAnswer, HttpRequest

FLOW = b"flow="


def endpoints(provider: Provider) -> dict[tuple[str, str], Endpoint]:
    """A decision that needs a page is handed to Flask as it is."""
    ends = Ends(provider.hot)

    def authorize(http: HttpRequest) -> HttpAnswer | None:
        key = browser.session_key(provider.settings, http)
        try:
            decision = decide(provider, parse(http.query), key, browser.milliseconds())
        except ProtocolError:
            return None
        if isinstance(decision, Redirect):
            return HttpAnswer.redirect(decision.location)
        http.decided = decision
        return _begin(provider.settings, ends, http, decision) if isinstance(decision, LoginNeeded) else None

    def resume(http: HttpRequest) -> HttpAnswer | None:
        return _resume(provider, ends, http) if http.query.startswith(FLOW) else None

    return {("GET", "/authorize"): authorize, ("GET", "/authorize/resume"): resume}


def _begin(settings: Settings, ends: Ends, http: HttpRequest, needed: LoginNeeded) -> HttpAnswer | None:
    """Keep the request in a flow of this browser, which gets its cookie if it has none, and go to the page."""
    name = security.cookie_name(security.BROWSER, settings.server.issuer)
    known = http.cookie(name)
    if known and not _is_ours(known):
        return None
    secret, asked = known or secrets.token_urlsafe(32), needed.asked
    flow_id = ends.begin("login", secret, asked.parameters, asked.client_id, state_of(asked))
    location = login_path(needed, settings) % flow_id
    cookies = () if known else (("Set-Cookie", security.cookie_header(settings.server.issuer, name, secret)),)
    return HttpAnswer.redirect(location, (("X-Content-Type-Options", "nosniff"), ("Vary", "Cookie"), *cookies))


def _resume(provider: Provider, ends: Ends, http: HttpRequest) -> HttpAnswer | None:
    """The pages end here: the stored request is judged again, with the session that they opened."""
    flow_id = http.query.removeprefix(FLOW)
    known = http.cookie(security.cookie_name(security.BROWSER, provider.settings.server.issuer))
    if not flow_id.isalnum() or not _is_ours(known):
        return None
    flow = ends.find(flow_id.decode(), known)
    if flow is None or not flow.request or flow.account_id is None:
        return None
    parameters, resumed = stored_parameters(flow), resumed_from(flow)
    key = browser.session_key(provider.settings, http)
    decision = decide(provider, parameters, key, browser.milliseconds(), resumed)
    if isinstance(decision, Redirect):
        return HttpAnswer.redirect(decision.location)
    http.decided = decision
    return None


def _is_ours(cookie: str) -> bool:
    """Whether it looks like a value that we gave; Flask judges every other."""
    return 40 <= len(cookie) <= 64 and cookie.isascii() and cookie.replace("-", "").replace("_", "").isalnum()
