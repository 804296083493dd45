"""What the pages of recovery share: their blueprint, their flow, the answer to too many requests."""

from typing import Any

from flask import Blueprint, render_template, url_for

from idp.flows import service as flows
from idp.flows.models import Flow
from idp.web import security
from idp.web.pages.frame import see_other, show_client, way_out
from idp.web.pages.login import Answer, start_flow

pages = Blueprint("recovery", __name__)


def begin(endpoint: str) -> Answer:
    """Opened without a flow: a new one, which ends at the portal."""
    return see_other(url_for(endpoint, flow_id=start_flow().id))


def open_flow(flow_id: str, *, for_update: bool = False) -> Flow | None:
    """The browser's own flow; None when it is old, another browser's, or led somebody to their account already."""
    flow = flows.find(flow_id, security.browser(), for_update=for_update)
    if flow is None or flow.ended_at is not None:
        return None
    show_client(flow)
    return flow


def elsewhere(flow_id: str, endpoint: str) -> Answer:
    """Where a page goes on whose flow is not open: to the service, or to a fresh start."""
    flow = flows.find(flow_id, security.browser())
    return see_other(way_out(flow)) if flow is not None else begin(endpoint)


def show(template: str, flow: Flow, **values: Any) -> str:
    """`templates/recovery/<template>.html`."""
    uniform = security.settings().recovery.enumeration == "uniform"
    return render_template(f"recovery/{template}.html", flow=flow, uniform=uniform, **values)
