"""The authorization endpoint behind `authorization_hot`: decisions that need a page, and requests by POST."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from idp import clock
from idp.db import db
from idp.flows import service as flows
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
from idp.web.endpoints import browser, form_post

blueprint = Blueprint("authorization", __name__)


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
    if isinstance(http.decided, Decision):
        return answer_with(http.decided, resumed.since)
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
    created_at = clock.to_milliseconds(flow.created_at)
    return resumed_of(flow.account_id or "", flow.state, created_at, consented=consented)


def resumed_of(account_id: str, state: Mapping[str, Any], created_at: int, *, consented: bool = False) -> Resumed:
    """What a flow with this state proves; it began at an instant in milliseconds."""
    since, pushed = int(state.get("since") or created_at), str(state.get("pushed", ""))
    return Resumed(account_id=account_id, since=since, consented=consented, pushed=pushed)


def answer_with(decision: Decision, since: int = 0) -> Response:
    """The decision as a redirect, a journey or a page; a login after `since` counts as asked for by this request."""
    match decision:
        case Redirect(location=location):
            return browser.redirect(location)
        case FormPost(action=action, fields=fields):
            return form_post.page(action, fields)
        case LoginNeeded(asked=asked):
            return _begin("login", login_path(decision, browser.provider().settings), asked, state_of(asked))
        case ConsentNeeded(asked=asked, session=session):
            path = "/autorisation/%s" + _language(asked, browser.provider().settings)
            return _begin("consent", path, asked, state_of(asked, since), session.account_id)
        case Refused(error=error):
            return browser.error_page(error)


def login_path(needed: LoginNeeded, settings: Settings) -> str:
    """Where the parent logs in, or registers, in the language asked for; `%s` stands for the flow's id."""
    return ("/inscription/%s" if needed.register else "/connexion/%s") + _language(needed.asked, settings)


def state_of(asked: Asked, since: int = 0) -> dict[str, object]:
    """What the flow keeps beside the request."""
    return {name: value for name, value in (("since", since), ("pushed", asked.pushed)) if value}


def _begin(journey: str, path: str, asked: Asked, state: dict[str, object], account_id: str | None = None) -> Response:
    """Keep the request in a flow of this browser and go to its page."""
    kept, client_id = dict(asked.parameters), asked.client_id
    flow_id = flows.start(journey, security.browser(), kept, client_id, account_id=account_id, state=state).id
    db.session.commit()
    return browser.redirect(path % flow_id)


def _language(asked: Asked, settings: Settings) -> str:
    """OpenID Connect Core §3.1.2.1: the first of `ui_locales` that there are pages in; silence for others."""
    offered = settings.site.languages
    for tag in asked.parameters.get("ui_locales", "").split()[:20]:
        language = tag.partition("-")[0].lower()
        if language in offered:
            return f"?ui_locales={language}"
    return ""
