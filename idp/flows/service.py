"""Flows: a journey's row, named in the URL and tied to the browser that began it by a cookie."""

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm.attributes import set_committed_value

from idp import clock
from idp.db import UtcInstant, db
from idp.flows.models import Flow

DEFAULT_LIFE = dt.timedelta(minutes=60)
BY_ID = select(Flow).where(Flow.id == bindparam("flow_id"))
END = (
    update(Flow)
    .where(Flow.id == bindparam("v_id"))
    .values(account_id=bindparam("v_account_id"), ended_at=bindparam("v_now", type_=UtcInstant()))
)
HELD = BY_ID.with_for_update().execution_options(populate_existing=True)


def digest(browser: str) -> bytes:
    """What the row keeps of the browser's cookie."""
    return hashlib.sha256(browser.encode("utf-8", "surrogatepass")).digest()


def start(
    journey: str,
    browser: str,
    request: dict[str, Any] | None = None,
    client_id: str | None = None,
    *,
    life: dt.timedelta = DEFAULT_LIFE,
    account_id: str | None = None,
    state: dict[str, Any] | None = None,
) -> Flow:
    """Begin a journey; `request` is the authorization request that its end resumes."""
    now = clock.now()
    flow = Flow(
        journey=journey,
        browser=digest(browser),
        request=request,
        client_id=client_id,
        account_id=account_id,
        state=state or {},
        created_at=now,
        ends_at=now + life,
    )
    db.session.add(flow)
    db.session.flush()
    return flow


def find(flow_id: str, browser: str, *, for_update: bool = False) -> Flow | None:
    """The flow, when it is this browser's own and not too old. An ended one is given too: its end is shown again.

    `for_update` holds the row until the transaction ends, so that two clicks pass one after the other.
    """
    if not browser or len(flow_id) > 32:
        return None
    flow = db.session.scalar(HELD if for_update else BY_ID, {"flow_id": flow_id})
    if flow is None or flow.browser != digest(browser) or flow.ends_at <= clock.now():
        return None
    return flow


def write_state(flow: Flow, part: str, values: dict[str, Any]) -> None:
    """Replace one part of the state (a JSON column sees only whole replacements)."""
    flow.state = {**flow.state, part: values}
    db.session.flush()


def end(flow: Flow, account_id: str) -> None:
    """The journey reached its account."""
    now = clock.now()
    db.session.connection().execute(END, {"v_id": flow.id, "v_account_id": account_id, "v_now": now})
    set_committed_value(flow, "account_id", account_id)
    set_committed_value(flow, "ended_at", now)
