"""The authorization endpoint behind `authorization_hot`: decisions that need a page, and requests by POST."""

from flask import Blueprint, Response, request

from idp import clock
from idp.flows.ends import Ends, Found
from idp.flows.models import Flow
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters
from idp.provider.authorization import (
    Asked,
    ConsentNeeded,
    Decision,
    FormPost,
    LoginNeeded,
    Redirect,
    Refused,
    Resumed,
    decide,
    deny,
)
from idp.settings import Settings
from idp.web import security
from idp.web.endpoints import brought, browser, form_post
from idp.web.hot import this_request

blueprint = Blueprint("authorization", __name__)


@blueprint.route("/authorize", methods=["GET", "POST"], provide_automatic_options=False)
def authorize() -> Response:
    """OpenID Connect Core §3.1.2.1: GET and POST alike."""
    http, provider = this_request(), browser.provider()
    if isinstance(http.decided, Decision):
        return answer_with(http.decided)
    try:
        parameters = brought.parameters_of(provider, http)
        if answer := brought.once_more(provider, http):
            return answer
    except ProtocolError as error:
        return browser.error_page(error)
    return answer_with(
        decide(provider, parameters, browser.session_key(provider.settings, http), browser.milliseconds())
    )


@blueprint.get("/authorize/resume")
def resume() -> Response:
    """The pages end here: the stored request was judged again in front, with the session that they opened."""
    http = this_request()
    if isinstance(http.decided, Decision):
        return answer_with(http.decided)
    return _not_under_way()


@blueprint.get("/authorize/refuse")
def refuse() -> Response:
    """«Annuler» on a page of the journey: the client is told `access_denied` (RFC 6749 §4.1.2.1)."""
    provider = browser.provider()
    flow = Ends(provider.hot).find(request.args.get("flow", ""), security.browser())
    if flow is None or flow.request is None:
        return _not_under_way()
    return answer_with(deny(provider, stored_parameters(flow), browser.milliseconds(), resumed_from(flow)))


def _not_under_way() -> Response:
    return browser.error_page(invalid_request("this login is not under way here", redirectable=False))


def stored_parameters(flow: Flow | Found) -> Parameters:
    """The request as the flow keeps it: it was parsed and resolved when it came."""
    return Parameters({name: str(value) for name, value in (flow.request or {}).items()}, {})


def resumed_from(flow: Flow | Found, *, consented: bool = False) -> Resumed:
    """What the flow proves."""
    since = int(flow.state.get("since") or clock.to_milliseconds(flow.created_at))
    pushed = str(flow.state.get("pushed", ""))
    return Resumed(account_id=flow.account_id or "", since=since, consented=consented, pushed=pushed)


def answer_with(decision: Decision) -> Response:
    """The decision as a redirect, a journey or a page."""
    match decision:
        case Redirect(location=location):
            return browser.redirect(location)
        case FormPost(action=action, fields=fields):
            return form_post.page(action, fields)
        case LoginNeeded() | ConsentNeeded():
            provider = browser.provider()
            return browser.redirect(begin(Ends(provider.hot), provider.settings, security.browser(), decision))
        case Refused(error=error):
            return browser.error_page(error)


def begin(
    ends: Ends, settings: Settings, browser_secret: str, needed: LoginNeeded | ConsentNeeded, since: int = 0
) -> str:
    """Keep the request in a new flow of this browser; the address of its first page.

    A login after `since`, in milliseconds, counts as asked for by a request that needs consent.
    """
    asked = needed.asked
    if isinstance(needed, ConsentNeeded):
        journey, page, account_id = "consent", "autorisation", needed.session.account_id
    else:
        journey, page, account_id, since = "login", "inscription" if needed.register else "connexion", None, 0
    state = {name: value for name, value in (("since", since), ("pushed", asked.pushed)) if value}
    flow_id = ends.begin(journey, browser_secret, asked.parameters, asked.client_id, state, account_id)
    return f"/{page}/{flow_id}{_language(asked, settings)}"


def _language(asked: Asked, settings: Settings) -> str:
    """OpenID Connect Core §3.1.2.1: the first of `ui_locales` that there are pages in; silence for others."""
    offered = settings.site.languages
    for tag in asked.parameters.get("ui_locales", "").split()[:20]:
        language = tag.partition("-")[0].lower()
        if language in offered:
            return f"?ui_locales={language}"
    return ""
