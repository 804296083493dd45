"""The authorization endpoint: with a live session it answers in front of Flask, else it opens a journey."""

from flask import Blueprint, Response, request

from idp import clock
from idp.db import db
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters, parse
from idp.provider.authorization import ConsentNeeded, Decision, LoginNeeded, Redirect, Refused, Resumed, decide
from idp.provider.core import Provider
from idp.web import security
from idp.web.dispatch import Endpoint
from idp.web.endpoints import browser
from idp.web.http import HttpAnswer, HttpRequest

blueprint = Blueprint("authorization", __name__)


def hot_endpoint(provider: Provider) -> Endpoint:
    """Answers when a redirect is the whole answer; everything with a page is left to Flask."""

    def answer(http: HttpRequest) -> HttpAnswer | None:
        key = browser.session_key(provider.settings, http)
        if key is None:
            return None
        try:
            decision = decide(provider, parse(http.query), key, browser.milliseconds())
        except ProtocolError:
            return None
        return HttpAnswer.redirect(decision.location) if isinstance(decision, Redirect) else None

    return answer


@blueprint.route("/authorize", methods=["GET", "POST"], provide_automatic_options=False)
def authorize() -> Response:
    """OpenID Connect Core §3.1.2.1: GET and POST alike."""
    http, provider = browser.this_request(), browser.provider()
    try:
        parameters = browser.parameters_of(http)
    except ProtocolError as error:
        return browser.error_page(error)
    key = browser.session_key(provider.settings, http)
    return answer_with(decide(provider, parameters, key, browser.milliseconds()), parameters)


@blueprint.get("/authorize/resume")
def resume() -> Response:
    """The pages end here: the stored request is judged again, with the session that they opened."""
    http, provider = browser.this_request(), browser.provider()
    flow = flows.find(request.args.get("flow", ""), security.browser())
    if flow is None or flow.request is None or flow.account_id is None:
        return browser.error_page(invalid_request("this login is not under way here", redirectable=False))
    parameters = stored_parameters(flow)
    resumed = resumed_from(flow)
    key = browser.session_key(provider.settings, http)
    db.session.rollback()
    return answer_with(decide(provider, parameters, key, browser.milliseconds(), resumed), parameters, resumed.since)


def stored_parameters(flow: Flow) -> Parameters:
    """The request as the flow keeps it: it was parsed when it came."""
    return Parameters({name: str(value) for name, value in (flow.request or {}).items()}, {})


def resumed_from(flow: Flow, *, consented: bool = False) -> Resumed:
    """What the flow proves."""
    since = int(flow.state.get("since") or clock.to_milliseconds(flow.created_at))
    return Resumed(account_id=flow.account_id or "", since=since, consented=consented)


def answer_with(decision: Decision, parameters: Parameters, since: int = 0) -> Response:
    """The decision as a redirect, a journey or a page; a login after `since` counts as asked for by this request."""
    match decision:
        case Redirect(location=location):
            return browser.redirect(location)
        case LoginNeeded(client_id=client_id):
            return _begin("login", "/connexion/", parameters, client_id)
        case ConsentNeeded(client=client, session=session):
            return _begin("consent", "/autorisation/", parameters, client.client_id, session.account_id, since)
        case Refused(error=error):
            return browser.error_page(error)


def _begin(
    journey: str, path: str, parameters: Parameters, client_id: str, account_id: str = "", since: int = 0
) -> Response:
    """Keep the request in a flow of this browser and go to its page."""
    flow = flows.start(journey, security.browser(), dict(parameters.values), client_id)
    if account_id:
        flow.account_id, flow.state = account_id, {"since": since}
    flow_id = flow.id
    db.session.commit()
    return browser.redirect(path + flow_id)
