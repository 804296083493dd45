"""What the pages of recovery share: their blueprint, their flow, what they tell, the answer to too many requests."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Blueprint, render_template, request, url_for

from idp.db import db
from idp.errors import Refusal
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.web import security
from idp.web.pages.flow import Answer, start_flow
from idp.web.pages.frame import see_other, show_client, way_out

pages = Blueprint("recovery", __name__)

IDENTIFIANT, PASSWORD = "recovery.identifiant", "recovery.password"
"""Where each way begins."""
View = Callable[..., Answer]


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


def elsewhere(flow_id: str, home: str) -> Answer:
    """Where a page goes on whose flow is not open: to the service, or to a fresh start."""
    flow = flows.find(flow_id, security.browser())
    return see_other(way_out(flow)) if flow is not None else begin(home)


def with_open_flow(home: str) -> Callable[[View], View]:
    """Gives a view the browser's open flow, held where a form is sent; else it goes on elsewhere."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(flow_id: str) -> Answer:
            sends = request.method == "POST"
            if sends:
                security.check_form()
            flow = open_flow(flow_id, for_update=sends)
            return view(flow) if flow is not None else elsewhere(flow_id, home)

        return answer

    return decorate


def told(asked: Mapping[str, Any]) -> str:
    """The outcome of a request as its page tells it: with uniform answers a message always left."""
    return "sent" if _is_uniform() else str(asked["outcome"])


def stopped(template: str, flow: Flow, typed: str, refusal: Refusal) -> Answer:
    """The form again, after too many requests, which stay counted."""
    db.session.commit()
    return show(template, flow, typed=typed, errors=[], refusal=refusal), 429


def show(template: str, flow: Flow, **values: Any) -> str:
    """`templates/recovery/<template>.html`."""
    return render_template(f"recovery/{template}.html", flow=flow, uniform=_is_uniform(), **values)


def _is_uniform() -> bool:
    return security.settings().recovery.enumeration == "uniform"
