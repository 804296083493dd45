"""The two ends of a flow that a service asked for, on the hot path: where it begins and where it comes back."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Text, bindparam, cast, insert, select
from sqlalchemy.orm import make_transient_to_detached

from idp import clock
from idp.db import new_id
from idp.db.hot import Compile, HotPath, places
from idp.flows.models import Flow
from idp.flows.service import DEFAULT_LIFE, digest

GIVEN = ("id", "journey", "browser", "request", "client_id", "state", "account_id", "created_at", "ends_at")


class Statements:
    """SQL text for this database."""

    def __init__(self, compile: Compile) -> None:
        self.begin = compile(insert(Flow).values(places(GIVEN)))
        texts = (cast(Flow.request, Text), cast(Flow.state, Text))
        others = (Flow.journey, Flow.client_id, Flow.account_id, Flow.created_at, Flow.ends_at, Flow.ended_at)
        mine = (Flow.id == bindparam("v_id"), Flow.browser == bindparam("v_browser"), Flow.ends_at > bindparam("v_now"))
        self.find = compile(select(*texts, *others).where(*mine))


compiled = cache(Statements)


class Found(NamedTuple):
    """A flow as it is, without the row: for who only reads."""

    id: str
    journey: str
    browser: bytes
    request: dict[str, Any] | None
    client_id: str | None
    account_id: str | None
    state: dict[str, Any]
    created_at: dt.datetime
    ends_at: dt.datetime
    ended_at: dt.datetime | None


class Ends:
    """Begins flows and finds them; pages do the rest with the rows."""

    def __init__(self, hot: HotPath) -> None:
        self._hot = hot
        self._sql = compiled(hot.compile)

    def begin(
        self,
        journey: str,
        browser: str,
        request: Mapping[str, str],
        client_id: str,
        state: Mapping[str, object],
        account_id: str | None = None,
    ) -> str:
        """Keep the authorization request in a new flow of this browser; its id."""
        flow_id, now = new_id(), clock.now()
        values = {
            "v_id": flow_id,
            "v_journey": journey,
            "v_browser": digest(browser),
            "v_request": orjson.dumps(dict(request)).decode(),
            "v_client_id": client_id,
            "v_state": orjson.dumps(state).decode(),
            "v_account_id": account_id,
            "v_created_at": clock.to_milliseconds(now),
            "v_ends_at": clock.to_milliseconds(now + DEFAULT_LIFE),
        }
        self._hot.write(self._sql.begin, values)
        return flow_id

    def find(self, flow_id: str, browser: str) -> Flow | None:
        """This browser's flow that is not too old, detached: no transaction holds it."""
        found = self.look(flow_id, browser)
        if found is None:
            return None
        flow = Flow(**found._asdict())
        make_transient_to_detached(flow)
        return flow

    def look(self, flow_id: str, browser: str) -> Found | None:
        """The same, without the row."""
        if not flow_id.isalnum() or len(flow_id) > 32:
            return None
        owner = digest(browser)
        row = self._hot.read(self._sql.find, {"v_id": flow_id, "v_browser": owner, "v_now": clock.milliseconds()})
        if row is None:
            return None
        request, state, journey, client_id, account_id, created_at, ends_at, ended_at = row
        return Found(
            id=flow_id,
            journey=journey,
            browser=owner,
            request=orjson.loads(request) if request else None,
            client_id=client_id,
            account_id=account_id,
            state=orjson.loads(state),
            created_at=clock.from_milliseconds(created_at),
            ends_at=clock.from_milliseconds(ends_at),
            ended_at=None if ended_at is None else clock.from_milliseconds(ended_at),
        )
