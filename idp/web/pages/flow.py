"""The flow that a page of a journey stands in: read, found or begun."""

import datetime as dt
from typing import Any

from flask import Response, abort

from idp.db import db
from idp.flows import service as flows
from idp.flows.ends import Ends
from idp.flows.models import Flow
from idp.web import security
from idp.web.hot import hot_path
from idp.web.pages.frame import show_client

Answer = str | Response | tuple[str, int]
"""What a page gives."""


def read_flow(flow_id: str) -> Flow | None:
    """The browser's own flow as it is, in no transaction: `db.session.add` begins to write to it."""
    return Ends(hot_path()).find(flow_id, security.browser())


def find_flow(flow_id: str, *, for_update: bool = False) -> Flow:
    """The browser's own flow, or the error page (404)."""
    flow = flows.find(flow_id, security.browser(), for_update=for_update)
    if flow is None:
        abort(404)
    show_client(flow)
    return flow


def start_flow(state: dict[str, Any] | None = None) -> Flow:
    """A flow that no service asked for: it ends at the portal, or at the page of ours that `state` names."""
    life = dt.timedelta(minutes=security.settings().sessions.flow_minutes)
    flow = flows.start("login", security.browser(), life=life, state=state)
    db.session.commit()
    return flow
