"""The authorization endpoint: with a live session it answers in front of Flask, else it opens a journey."""

from flask import Blueprint, Response, request

from idp import clock
from idp.db import db
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters, parse
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
from idp.provider.core import Provider
from idp.web import security
from idp.web.dispatch import Endpoint
from idp.web.endpoints import browser, form_post
from idp.web.http import HttpAnswer, HttpRequest

blueprint = Blueprint("authorization", __name__)


def hot_endpoint(provider: Provider) -> Endpoint:
    """Answers when a redirect is the whole answer; a decision that needs a page is handed to Flask as it is."""

    def answer(http: HttpRequest) -> HttpAnswer | None:
        key = browser.session_key(provider.settings, http)
        if key is None:
            return None
        try:
            decision = decide(provider, parse(http.query), key, browser.milliseconds())
        except ProtocolError:
            return None
        if isinstance(decision, Redirect):
            return HttpAnswer.redirect(decision.location)
        http.decided = decision
        return None

    return answer


@blueprint.route("/authorize", methods=["GET", "POST"], provide_automatic_options=False)
def authorize() -> Response:
    """OpenID Connect Core §3.1.2.1: GET and POST alike."""
    http, provider = browser.this_request(), browser.provider()
    if isinstance(http.decided, Decision):
        return answer_with(http.decided)
    try:
        parameters = browser.parameters_of(http)
    except ProtocolError as error:
        return browser.error_page(error)
    return answer_with(
        decide(provider, parameters, browser.session_key(provider.settings, http), browser.milliseconds())
    )


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
    return answer_with(decide(provider, parameters, key, browser.milliseconds(), resumed), resumed.since)


@blueprint.get("/authorize/refuse")
def refuse() -> Response:
    """«Annuler» on a page of the journey: the client is told `access_denied` (RFC 6749 §4.1.2.1)."""
    flow = flows.find(request.args.get("flow", ""), security.browser())
    if flow is None or flow.request is None:
        return browser.error_page(invalid_request("this login is not under way here", redirectable=False))
    parameters, resumed = stored_parameters(flow), resumed_from(flow)
    db.session.rollback()
    return answer_with(deny(browser.provider(), parameters, browser.milliseconds(), resumed))


def stored_parameters(flow: Flow) -> Parameters:
    """The request as the flow keeps it: it was parsed and resolved when it came."""
    return Parameters({name: str(value) for name, value in (flow.request or {}).items()}, {})


def resumed_from(flow: Flow, *, consented: bool = False) -> Resumed:
    """What the flow proves."""
    since = int(flow.state.get("since") or clock.to_milliseconds(flow.created_at))
    pushed = str(flow.state.get("pushed", ""))
    return Resumed(account_id=flow.account_id or "", since=since, consented=consented, pushed=pushed)


def answer_with(decision: Decision, since: int = 0) -> Response:
    """The decision as a redirect, a journey or a page; a login after `since` counts as asked for by this request."""
    match decision:
        case Redirect(location=location):
            return browser.redirect(location)
        case FormPost(action=action, fields=fields):
            return form_post.page(action, fields)
        case LoginNeeded(asked=asked, register=register):
            return _begin("login", "/inscription/" if register else "/connexion/", asked, _state(asked))
        case ConsentNeeded(asked=asked, session=session):
            return _begin("consent", "/autorisation/", asked, _state(asked, since), session.account_id)
        case Refused(error=error):
            return browser.error_page(error)


def _state(asked: Asked, since: int = 0) -> dict[str, object]:
    return {name: value for name, value in (("since", since), ("pushed", asked.pushed)) if value}


def _begin(journey: str, path: str, asked: Asked, state: dict[str, object], account_id: str | None = None) -> Response:
    """Keep the request in a flow of this browser and go to its page, in the language asked for."""
    kept, client_id = dict(asked.parameters), asked.client_id
    flow_id = flows.start(journey, security.browser(), kept, client_id, account_id=account_id, state=state).id
    db.session.commit()
    return browser.redirect(path + flow_id + _language(asked))


def _language(asked: Asked) -> str:
    """OpenID Connect Core §3.1.2.1: the first of `ui_locales` that there are pages in; silence for others."""
    offered = browser.provider().settings.site.languages
    for tag in asked.parameters.get("ui_locales", "").split()[:20]:
        language = tag.partition("-")[0].lower()
        if language in offered:
            return f"?ui_locales={language}"
    return ""
