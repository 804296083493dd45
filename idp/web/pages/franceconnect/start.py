"""The way to the upstream."""

from flask import abort, request

from idp.db import db
from idp.flows import service as flows
from idp.flows.franceconnect import REQUEST
from idp.flows.models import Flow
from idp.franceconnect.authorization import CALLBACK
from idp.franceconnect.errors import NotAnswering, UpstreamRefusal
from idp.web import security, upstream_logout
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.franceconnect import frame
from idp.web.pages.franceconnect.frame import pages

PURPOSE = "upstream_purpose"
"""Part of the flow's state: `{"is": "login" | "password" | "link"}`."""


@pages.post("/<flow_id>")
def begin(flow_id: str) -> Answer:
    """The button: `fournisseur` names the upstream, `pour` says what the login is for."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if flow.ended_at is not None:
        return see_other(way_out(flow))
    purpose = "password" if request.form.get("pour") == "mot-de-passe" else "login"
    return leave(flow, request.form.get("fournisseur", ""), {"is": purpose})


def leave(flow: Flow, upstream: str, purpose: dict[str, str], *, known: bool | None = None) -> Answer:
    """Remember the request in the flow and send the browser upstream.

    `known` browsers are asked for less; the metadata may have to be fetched, so no transaction is open meanwhile.
    """
    flow_id = flow.id
    if upstream_logout.logins().find(upstream) is None:
        abort(404)
    asks_less = purpose["is"] == "login" and frame.known_upstream() == upstream if known is None else known
    callback = security.settings().server.issuer + CALLBACK
    is_down = frame.is_down(upstream)
    db.session.commit()
    try:
        if is_down:
            raise NotAnswering(reason="down")
        pending, location = upstream_logout.logins().begin(upstream, callback, flow_id=flow_id, known=asks_less)
    except UpstreamRefusal as refusal:
        return frame.show("failed", find_flow(flow_id), refusal, upstream=upstream_logout.logins().find(upstream)), 503
    flow = find_flow(flow_id, for_update=True)
    flows.write_state(flow, REQUEST, {**pending.as_json(), "asks_less": asks_less})
    flows.write_state(flow, PURPOSE, purpose)
    db.session.commit()
    return see_other(location)
