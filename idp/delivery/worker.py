"""The worker's work: take, send, mark; nothing is sent inside an open transaction (decision 9)."""

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from idp import clock
from idp.db import db
from idp.delivery import outbox
from idp.delivery.errors import NoSuchAddress, Refused, Undelivered, in_short
from idp.delivery.outbox import Taken
from idp.delivery.senders import Sender
from idp.settings import Worker

log = structlog.get_logger(__name__)


class Delivery:
    """Sends what waits in the outbox, until `stop` is set."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        settings: Worker,
        stop: threading.Event,
        chores: Sequence[Callable[[], object]] = (),
        on_return: Callable[[str], object] = lambda message_id: None,
    ) -> None:
        """`chores` are done once a minute, each in a transaction of its own.

        `on_return` hears of a message whose address takes no mail; its work is committed with the dead letter.
        """
        self._on_return = on_return
        self._senders = senders
        self._chores = chores
        self._chores_at = clock.now()
        self._settings = settings
        self._stop = stop

    def run(self) -> None:
        """Work until told to stop; a database that is away for a while is waited for."""
        while not self._stop.is_set():
            try:
                self._do_chores()
                busy = self.run_once()
            except DBAPIError as error:
                db.session.rollback()
                log.error("outbox_unreachable", alarm=True, error=type(error).__name__)
                busy = 0
            if not busy:
                self._stop.wait(self._settings.poll_milliseconds / 1000)

    def run_once(self) -> int:
        """One batch: how many messages were taken."""
        expired = outbox.expire()
        taken = outbox.take(
            tuple(self._senders), batch=self._settings.batch, lease_seconds=self._settings.lease_seconds
        )
        db.session.commit()
        if expired:
            log.info("messages_expired", count=expired)
        try:
            for message in taken:
                if self._stop.is_set():
                    self._give_back(message)
                    break
                self._deliver(message)
        except Exception:
            self._give_back(message)
            raise
        return len(taken)

    def _give_back(self, message: Taken) -> None:
        """What was taken with this one and not sent waits for no lease."""
        db.session.rollback()
        outbox.release(message.lease)
        db.session.commit()

    def _do_chores(self) -> None:
        if clock.now() < self._chores_at:
            return
        self._chores_at = clock.now() + dt.timedelta(minutes=1)
        for chore in self._chores:
            chore()
            db.session.commit()

    def _deliver(self, message: Taken) -> None:
        if message.attempts >= self._settings.attempts:
            self._failed(message, message.attempts, "the last try was cut off: it may have left", final=True)
            db.session.commit()
            return
        attempt = outbox.begin(message, lease_seconds=self._settings.lease_seconds)
        db.session.commit()
        if attempt is None:
            return
        try:
            receipt = self._senders[message.channel].send(message)
        except Undelivered as error:
            self._failed(message, attempt, str(error), final=isinstance(error, Refused))
            if isinstance(error, NoSuchAddress):
                self._on_return(message.id)
        except Exception as error:
            # A fault of ours must not stop the other messages. No traceback in the log: it may hold codes.
            log.error("message_broke_its_sender", alarm=True, id=message.id, error=type(error).__name__)
            self._failed(message, attempt, in_short(error), final=False)
        else:
            self._mark_sent(message, receipt)
            log.info("message_sent", id=message.id, channel=message.channel, attempt=attempt)
        db.session.commit()

    def _mark_sent(self, message: Taken, receipt: str) -> None:
        """Mark what was acknowledged, as soon as the database lets us: unmarked, it would leave once more."""
        while True:
            try:
                outbox.mark_sent(message, receipt)
                db.session.commit()
                return
            except DBAPIError as error:
                db.session.rollback()
                log.error("outbox_unreachable", alarm=True, error=type(error).__name__, acknowledged=message.id)
                if self._stop.wait(self._settings.poll_milliseconds / 1000):
                    raise

    def _failed(self, message: Taken, attempt: int, error: str, *, final: bool) -> None:
        if final or attempt >= self._settings.attempts:
            outbox.bury(message, error)
            log.error("message_dead", alarm=True, id=message.id, channel=message.channel, attempt=attempt)
        else:
            outbox.postpone(message, error, attempt=attempt, backoff_seconds=self._settings.backoff_seconds)
            log.warning("message_postponed", id=message.id, channel=message.channel, attempt=attempt)
