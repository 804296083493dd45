"""The consent page: what a client asks for, agreed to or refused."""

import msgspec
from flask import Blueprint, Response, request

from idp.db import db
from idp.flows.ends import Ends
from idp.flows.models import Flow
from idp.grants import consents
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.seal import Unsealable
from idp.provider.authorization import ConsentNeeded, Decision, decide, deny
from idp.web import scope_words, security, service_facts
from idp.web.endpoints import authorization, browser
from idp.web.hot import this_request

blueprint = Blueprint("consent", __name__)


class ConsentForm(msgspec.Struct, array_like=True, frozen=True):
    """What the form's token ties together, so that no consent is forged or widened (attack 25)."""

    flow_id: str
    session_id: str
    scope: str


@blueprint.get("/autorisation/<flow_id>")
def show(flow_id: str) -> Response:
    """Name the client and the scopes."""
    flow = _find_flow(flow_id)
    if flow is None:
        return _gone()
    parameters = authorization.stored_parameters(flow)
    decision = _decide(flow)
    if not isinstance(decision, ConsentNeeded):
        return authorization.answer_with(decision)
    form = ConsentForm(flow_id, decision.session.session_id, " ".join(decision.scopes))
    seal = browser.provider().seal("consent", form)
    client = decision.client
    security.allow_form_target(parameters.get("redirect_uri"))
    return browser.page(
        "consent/consent.html",
        client=service_facts.describe(client),
        facts=scope_words.describe(decision.session.account_id, decision.scopes),
        action=f"/autorisation/{flow_id}?sceau={seal}",
    )


@blueprint.post("/autorisation/<flow_id>")
def submit(flow_id: str) -> Response:
    """`choix` is «oui» or «non»; the seal in the address holds what the page showed."""
    security.check_form()
    flow = _find_flow(flow_id)
    if flow is None:
        return _gone()
    parameters, resumed = authorization.stored_parameters(flow), authorization.resumed_from(flow, consented=True)
    provider, now = browser.provider(), browser.milliseconds()
    decision = _decide(flow)
    if not isinstance(decision, ConsentNeeded):
        return authorization.answer_with(decision)
    expected = ConsentForm(flow_id, decision.session.session_id, " ".join(decision.scopes))
    try:
        given = provider.keys.get().sealer.open("consent", request.args.get("sceau", ""), ConsentForm)
    except Unsealable:
        return _gone()
    if given != expected:
        return _gone()
    if request.form.get("choix") != "oui":
        return authorization.answer_with(deny(provider, parameters, now, resumed))
    consents.give(decision.session.account_id, decision.client.client_id, decision.scopes)
    db.session.commit()
    key = browser.session_key(provider.settings, this_request())
    return authorization.answer_with(decide(provider, parameters, key, now, resumed))


def _find_flow(flow_id: str) -> Flow | None:
    flow = Ends(browser.provider().hot).find(flow_id, security.browser())
    return flow if flow is not None and flow.request is not None and flow.journey == "consent" else None


def _decide(flow: Flow) -> Decision:
    """Judge the stored request again."""
    provider = browser.provider()
    parameters, resumed = authorization.stored_parameters(flow), authorization.resumed_from(flow)
    key = browser.session_key(provider.settings, this_request())
    return decide(provider, parameters, key, browser.milliseconds(), resumed)


def _gone() -> Response:
    error: ProtocolError = invalid_request("this request is not under way here", redirectable=False)
    return browser.error_page(error)
