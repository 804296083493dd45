"""Housekeeping: everything whose time has passed, in small transactions, by one worker at a time.

The lease is a counted window: who opens it works, and another opens the next one, also when the first one died.
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError

from idp import clock, limits
from idp.audit import figures
from idp.db import db
from idp.delivery import outbox
from idp.flows.retention import departures, ended, walks
from idp.franceconnect import service as upstream_logins
from idp.grants import devices, pushed_requests
from idp.registry import waiting_files
from idp.settings import Settings
from idp.staff import invitations as staff_invitations
from idp.staff import proposals as staff_proposals
from idp.staff import sessions as staff_sessions

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 60
LEASE, WALK_LEASE = "housekeeping", "housekeeping:walk"
DAY = 86_400


def _messages(settings: Settings) -> int:
    before = clock.now() - dt.timedelta(days=settings.retention.message_days)
    return outbox.sweep(before, settings.retention.batch)


def _of(sweep: Callable[[int], int]) -> Callable[[Settings], int]:
    return lambda settings: sweep(settings.retention.batch)


CHORES: dict[str, Callable[[Settings], int]] = {
    "flows": ended.flows,
    "mail_links": ended.links,
    "sessions": ended.sessions,
    "staff_sessions": _of(staff_sessions.sweep),
    "staff_proposals": _of(staff_proposals.sweep),
    "staff_invitations": _of(staff_invitations.sweep),
    "waiting_files": _of(waiting_files.sweep),
    "login_failures": ended.login_failures,
    "limits": _of(limits.sweep),
    "pushed_requests": _of(pushed_requests.sweep),
    "devices": _of(devices.sweep),
    "upstream_logins": _of(upstream_logins.sweep),
    "grants": ended.grants,
    "messages": _messages,
    "letters": ended.letters,
    "departures_told": departures.warn,
    "accounts_erased": departures.erase_departed,
    "audit_lines": ended.audit_lines,
    "audit_figures": _of(figures.sweep),
}
"""Each does one batch in a transaction of its own, and is called again until nothing is left."""


class Housekeeper:
    """One of any number of workers; the one that opens the window cleans up."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings, self._stop = settings, stop

    def run(self) -> None:
        """Clean up every `every_minutes`, until told to stop."""
        while not self._stop.is_set():
            try:
                self.run_once()
            except DBAPIError as error:
                db.session.rollback()
                log.error("housekeeping_failed", alarm=True, error=type(error).__name__)
            self._stop.wait(PAUSE_SECONDS)

    def run_once(self) -> dict[str, int]:
        """What was cleaned up, when it was this worker's turn; rows by chore."""
        kept = self._settings.retention
        if not self._take(LEASE, kept.every_minutes * 60):
            return {}
        done = self.walk() if self._take(WALK_LEASE, kept.walk_days * DAY) else {}
        return done | self.clean()

    def clean(self) -> dict[str, int]:
        """Delete what has ended, whoever's turn it is."""
        return {name: self._work(name, partial(self._batches, chore)) for name, chore in CHORES.items()}

    def walk(self) -> dict[str, int]:
        """Go through all schools, accounts and school records, whoever's turn it is."""
        return {
            name: self._work(name, partial(walks.walk, key, step, self._settings))
            for name, (key, step) in walks.WALKS.items()
        }

    def _take(self, lease: str, seconds: int) -> bool:
        taken = limits.hit(lease, limit=1, window_seconds=seconds)
        db.session.commit()
        return taken

    def _batches(self, chore: Callable[[Settings], int]) -> Iterator[int]:
        while count := chore(self._settings):
            yield count

    def _work(self, name: str, batches: Callable[[], Iterator[int]]) -> int:
        """All batches of a chore; a chore that fails does not keep the others from being done."""
        total = 0
        try:
            for count in batches():
                db.session.commit()
                total += count
                if self._stop.is_set():
                    break
            db.session.commit()
        except Exception as error:
            db.session.rollback()
            log.error("housekeeping_failed", alarm=True, chore=name, error=type(error).__name__)
        if total:
            log.info("housekeeping", chore=name, rows=total)
        return total
