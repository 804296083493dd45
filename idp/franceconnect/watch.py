"""Whether each upstream answers, asked by the worker, so that every process shows or takes away the same button.

See docs/decisions/0009-an-upstream-that-is-down.md.
"""

import datetime as dt
import re
import threading
from functools import cache
from urllib.parse import parse_qs, urlsplit

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from idp import clock, limits
from idp.db import db
from idp.db.hot import Compile, HotPath
from idp.franceconnect.errors import UpstreamRefusal
from idp.franceconnect.logins import UpstreamLogins
from idp.franceconnect.models import UpstreamState
from idp.franceconnect.upstreams import Upstream

log = structlog.get_logger(__name__)
EVERY_SECONDS, DAY_SECONDS = 60, 86_400
PAUSE_SECONDS = 5.0
BELIEVED = dt.timedelta(minutes=5)
"""A state older than that tells nothing: no worker looks, and the button stays."""
CODE = re.compile(rb"\bY[0-9A-F]{6,7}\b")
"""FranceConnect's code on a page of its own."""


def is_down(key: str, logins: UpstreamLogins, hot: HotPath) -> bool:
    """Whether the upstream does not answer: this process has seen it, or a worker in its last look, a moment ago."""
    if logins.is_down(key):
        return True
    lately = {"v_key": key, "v_since": clock.to_milliseconds(clock.now() - BELIEVED)}
    return hot.read(_found_down(hot.compile), lately) is not None


@cache
def _found_down(compile: Compile) -> str:
    lately = (UpstreamState.upstream == bindparam("v_key"), UpstreamState.checked_at > bindparam("v_since"))
    return compile(select(UpstreamState.upstream).where(*lately, UpstreamState.down_since.is_not(None)))


class Watch:
    """One of any number of workers; the first one in each minute looks. Nothing is asked inside a transaction."""

    def __init__(self, logins: UpstreamLogins, redirect_uri: str, stop: threading.Event) -> None:
        self._logins, self._redirect_uri, self._stop = logins, redirect_uri, stop

    def run(self) -> None:
        """Look, until told to stop; a database that is away for a while is waited for."""
        while self._logins.upstreams and not self._stop.is_set():
            try:
                self.look()
            except DBAPIError as error:
                db.session.rollback()
                log.warning("upstream_state_not_kept", error=type(error).__name__)
            self._stop.wait(PAUSE_SECONDS)

    def look(self) -> None:
        """Ask every upstream whose minute is over; once a day its authorization endpoint too."""
        for upstream in self._logins.upstreams:
            if _is_first("watch", upstream, EVERY_SECONDS):
                self._note(upstream, answers=self._logins.answers(upstream.key))
            if _is_first("probe", upstream, DAY_SECONDS):
                self._probe(upstream)

    def _note(self, upstream: Upstream, *, answers: bool) -> None:
        row = db.session.get(UpstreamState, upstream.key) or UpstreamState(upstream=upstream.key, down_since=None)
        was_down, row.checked_at = row.down_since is not None, clock.now()
        row.down_since = None if answers else row.down_since or row.checked_at
        db.session.add(row)
        db.session.commit()
        if answers and was_down:
            log.info("upstream_back", upstream=upstream.key)
        elif not answers and not was_down:
            log.error("upstream_down", alarm=True, upstream=upstream.key)

    def _probe(self, upstream: Upstream) -> None:
        """What a parent would meet: FranceConnect tells a wrong registration on a page without a way back."""
        try:
            answer = self._logins.probe(upstream.key, self._redirect_uri)
        except UpstreamRefusal as refusal:
            reason = refusal.reason
        else:
            error = parse_qs(urlsplit(answer.location).query).get("error", [""])[0]
            if answer.status < 400 and not error:
                return
            page = CODE.search(answer.body)
            reason = page.group().decode() if page else error[:60] or f"http_{answer.status}"
        log.error("upstream_probe_failed", alarm=True, upstream=upstream.key, reason=reason)


def _is_first(what: str, upstream: Upstream, seconds: int) -> bool:
    """Whether no worker did it in this time."""
    first = limits.hit(f"upstream:{what}:{upstream.key}", limit=1, window_seconds=seconds)
    db.session.commit()
    return first
