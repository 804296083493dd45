"""The way back from the upstream: one use of the state, then proof, then the account or the next question."""

from typing import Any

import msgspec
import structlog
from flask import abort, request, url_for

from idp import audit
from idp.accounts.errors import AccountUnavailable
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import franceconnect as journey
from idp.flows import service as flows
from idp.flows.errors import DifferentPerson
from idp.flows.franceconnect import REQUEST
from idp.flows.models import Flow
from idp.flows.recovery import reset
from idp.franceconnect.authorization import Pending, flow_of
from idp.franceconnect.callback import Login
from idp.franceconnect.errors import (
    Cancelled,
    NotLinked,
    RequestExpired,
    Unverifiable,
    UpstreamMisconfigured,
    UpstreamRefusal,
)
from idp.franceconnect.upstreams import Upstream
from idp.oidc.errors import ProtocolError
from idp.oidc.request import parse
from idp.web import security, upstream_logout
from idp.web.incidents import incident_of
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other, show_client, way_out
from idp.web.pages.franceconnect import frame, linking
from idp.web.pages.franceconnect.frame import pages
from idp.web.pages.franceconnect.start import PURPOSE, leave

log = structlog.get_logger(__name__)
ALARMS = (UpstreamMisconfigured, Unverifiable)
STATUS: dict[type[Refusal], int] = {Cancelled: 200, RequestExpired: 400, UpstreamMisconfigured: 500, Unverifiable: 502}


@pages.get("/retour")
def back() -> Answer:
    """The callback. A repeated one (reload, back button) shows what the flow has reached, and asks nothing again."""
    try:
        parameters = parse(request.query_string)
    except ProtocolError:
        abort(400)
    flow = flows.find(flow_of(parameters.get("state"))[:32], security.browser(), for_update=True)
    if flow is None:
        db.session.rollback()
        return frame.show("expired", None, RequestExpired(reason="flow")), 400  # type: ignore[arg-type]
    show_client(flow)
    kept = _taken(flow)
    db.session.commit()
    if kept is None:
        return _reached(flow, parameters.get("state"))
    pending = msgspec.convert({name: kept[name] for name in Pending.__struct_fields__}, Pending)
    flow_id = flow.id
    db.session.rollback()
    try:
        login = upstream_logout.logins().finish(pending, parameters)
    except UpstreamRefusal as refusal:
        return _refused(find_flow(flow_id), pending.upstream, refusal)
    upstream = upstream_logout.logins().get(pending.upstream)
    return _received(find_flow(flow_id, for_update=True), upstream, login, asks_less=bool(kept["asks_less"]))


def _taken(flow: Flow) -> dict[str, Any] | None:
    """The flow's request, which serves once: two parallel callbacks pass one after the other."""
    kept: dict[str, Any] | None = flow.state.get(REQUEST)
    if not kept or kept.get("used"):
        return None
    flows.write_state(flow, REQUEST, {**kept, "used": True})
    return kept


def _reached(flow: Flow, state: str) -> Answer:
    """The page that the flow is at, for the browser that has this very state; for others the request is over."""
    known = flow.state.get(REQUEST, {}).get("state")
    if not known or known != state:
        return frame.show("expired", flow, RequestExpired(reason="state")), 400
    return see_other(frame.step_url(flow))


def _received(flow: Flow, upstream: Upstream, login: Login, *, asks_less: bool) -> Answer:
    purpose = flow.state.get(PURPOSE, {"is": "login"})
    if purpose["is"] == "link":
        return linking.received(login, purpose)
    if flow.ended_at is not None:
        return see_other(way_out(flow))
    try:
        account = journey.receive(flow, upstream, login)
    except (AccountUnavailable, DifferentPerson, NotLinked) as refusal:
        db.session.commit()
        return frame.show("stopped", flow, refusal, upstream=upstream), 403
    if account is None and asks_less:
        # Only `openid` was asked, so nothing is known of this person: ask again, for all of it.
        return leave(flow, upstream.key, purpose, known=False)
    if account is None:
        db.session.commit()
        return see_other(frame.step_url(flow))
    if purpose["is"] == "password":
        return _to_new_password(flow, account)
    return frame.log_in(flow, account, upstream.key)


def _to_new_password(flow: Flow, account: Account) -> Answer:
    """«Mot de passe perdu» by FranceConnect: the login is the proof that sets a new one."""
    flow.account_id = flow.ended_at = None
    reset.keep_proof(flow, account, "upstream", minutes=security.settings().recovery.link_minutes)
    db.session.commit()
    return see_other(url_for("recovery.new_password", flow_id=flow.id))


def _refused(flow: Flow, upstream: str, refusal: UpstreamRefusal) -> Answer:
    """Told in our words, logged and audited by reason; nothing was created."""
    audit.record("upstream.refused", flow_id=flow.id, upstream=upstream, reason=refusal.reason)
    db.session.commit()
    number = incident_of(request.environ)
    is_alarm = isinstance(refusal, ALARMS)
    level = log.error if is_alarm else log.info
    level("upstream_refused", upstream=upstream, reason=refusal.reason, incident=number, alarm=is_alarm)
    if isinstance(refusal, Cancelled):
        return see_other(url_for("login.show", flow_id=flow.id, annule=upstream))
    status = STATUS.get(type(refusal), 503)
    return frame.show(
        "failed", flow, refusal, upstream=upstream_logout.logins().find(upstream), incident=number
    ), status
