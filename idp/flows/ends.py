"""The two ends of a flow that a service asked for, on the hot path: where it begins and where it comes back."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, cast, insert, select

from idp import clock
from idp.db import new_id
from idp.db.hot import Compile, HotPath
from idp.flows.models import Flow
from idp.flows.service import DEFAULT_LIFE, digest

GIVEN = ("id", "journey", "browser", "request", "client_id", "state", "created_at", "ends_at")


class Statements:
    """SQL text for this database."""

    def __init__(self, compile: Compile) -> None:
        self.begin = compile(insert(Flow).values({name: bindparam("v_" + name) for name in GIVEN}))
        columns = (cast(Flow.request, Text), Flow.account_id, cast(Flow.state, Text), Flow.created_at)
        mine = (Flow.id == bindparam("v_id"), Flow.browser == bindparam("v_browser"), Flow.ends_at > bindparam("v_now"))
        self.find = compile(select(*columns).where(*mine, Flow.account_id.is_not(None), Flow.request.is_not(None)))


compiled = cache(Statements)


class Ends:
    """Begins flows and finds those that reached their account; pages do the rest with the rows."""

    def __init__(self, hot: HotPath) -> None:
        self._hot = hot
        self._sql = compiled(hot.compile)

    def begin(
        self, journey: str, browser: str, request: Mapping[str, str], client_id: str, state: Mapping[str, object]
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
            "v_created_at": clock.to_milliseconds(now),
            "v_ends_at": clock.to_milliseconds(now + DEFAULT_LIFE),
        }
        self._hot.write(self._sql.begin, values)
        return flow_id

    def find(self, flow_id: str, browser: str) -> tuple[dict[str, Any], str, dict[str, Any], int] | None:
        """Request, account, state and beginning (in milliseconds) of this browser's flow that reached an account."""
        now = clock.milliseconds()
        row = self._hot.read(self._sql.find, {"v_id": flow_id, "v_browser": digest(browser), "v_now": now})
        if row is None:
            return None
        request, account_id, state, created_at = row
        asked = orjson.loads(request)
        return (asked, account_id, orjson.loads(state), created_at) if asked else None
