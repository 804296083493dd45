"""What breaks on the way of a message: no other waits for it, and what was acknowledged does not leave again."""

import math
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from idp.db import db, sealing
from idp.delivery import outbox
from idp.delivery.errors import Refused, Undelivered
from idp.delivery.outbox import Taken
from idp.delivery.worker import Delivery
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.delivery.outgoing import Recorder, queue, reload, states, wait_until


class Killed(BaseException):
    """What ends the worker in the middle of sending, as kill -9 does: nothing after it is done."""


@BOTH_DATABASES
def test_a_message_whose_sending_ends_the_worker_each_time_is_a_dead_letter_after_its_tries(
    delivery: Delivery, recorder: Recorder, clock
) -> None:
    message = queue()
    recorder.failure = Killed()
    for _ in range(3):
        with pytest.raises(Killed):
            delivery.run_once()
        clock.advance(seconds=61)
    recorder.failure = None

    delivery.run_once()

    assert recorder.sent == []
    assert (reload(message).state, message.attempts) == ("dead", 3)
    assert message.last_error == "the last try was cut off: it may have left"


@BOTH_DATABASES
@pytest.mark.parametrize("receipt", ["id\x00", "id\ud800", "id\x1b[2J"])
def test_a_receipt_that_no_database_holds_does_not_send_the_message_again(
    delivery: Delivery, recorder: Recorder, clock, receipt: str
) -> None:
    message = queue()
    recorder.receipt = receipt

    delivery.run_once()
    clock.advance(minutes=10)
    delivery.run_once()

    assert recorder.sent == ["x"]
    assert (reload(message).state, message.receipt[:3]) == ("sent", "id ")


@BOTH_DATABASES
@pytest.mark.parametrize("failure", [Undelivered("550 \x00 bad"), Refused("550 \ud800 bad")])
def test_an_error_that_no_database_holds_is_kept_in_what_can_be_read(
    delivery: Delivery, recorder: Recorder, clock, failure: Undelivered
) -> None:
    message = queue()
    recorder.failure = failure
    for _ in range(3):
        delivery.run_once()
        clock.advance(hours=1)

    assert (reload(message).state, message.last_error) == ("dead", "550   bad")


def test_a_fault_in_a_sender_does_not_stop_the_others(delivery: Delivery, recorder: Recorder) -> None:
    broken = outbox.queue("sms", "+33639981234", {}, purpose="code")
    queue("deux")

    delivery.run_once()

    assert recorder.sent == ["deux"]
    assert (reload(broken).state, broken.last_error) == ("waiting", "KeyError: 'text'")


class Absence:
    """Ends after some statements, or never, and begins when the gateway has taken a message."""

    def __init__(self, delivery: Delivery, recorder: Recorder, statements: float) -> None:
        self.statements, self._is_away, self._send = statements, False, recorder.send
        self.on_failure: Callable[[], None] = lambda: None
        recorder.send = self.send  # type: ignore[method-assign]
        event.listen(db.engine, "before_cursor_execute", self.fail)

    def send(self, message: Taken) -> str:
        self._is_away = True
        return self._send(message)

    def fail(self, *statement: object) -> None:
        if self._is_away and self.statements > 0:
            self.statements -= 1
            self.on_failure()
            raise OperationalError("away", None, ConnectionError())


@BOTH_DATABASES
def test_what_was_acknowledged_is_marked_once_the_database_is_back(
    delivery: Delivery, recorder: Recorder, clock
) -> None:
    message = queue()
    Absence(delivery, recorder, statements=3)

    delivery.run_once()
    clock.advance(minutes=10)
    delivery.run_once()

    assert recorder.sent == ["x"]
    assert reload(message).state == "sent"


@BOTH_DATABASES
def test_the_rest_of_a_batch_waits_for_no_lease_when_the_database_was_away_in_the_middle(
    delivery: Delivery, recorder: Recorder
) -> None:
    queue("un")
    queue("deux")
    recorder.failure = Undelivered("HTTP 503")
    Absence(delivery, recorder, statements=1)
    with pytest.raises(OperationalError):
        delivery.run_once()
    recorder.failure = None

    delivery.run_once()

    assert sorted(recorder.sent) == ["deux", "un"]


@BOTH_DATABASES
def test_a_worker_told_to_stop_waits_for_no_database_and_sends_nothing_more(
    delivery: Delivery, recorder: Recorder
) -> None:
    queue("un")
    queue("deux")
    Absence(delivery, recorder, statements=math.inf).on_failure = delivery._stop.set

    with pytest.raises(OperationalError):
        delivery.run_once()

    assert recorder.sent == ["un"]


@BOTH_DATABASES
@pytest.mark.parametrize("stored", [b"short", b"\x00" * 12, b"\x00" * 40])
def test_a_row_that_cannot_be_opened_does_not_stop_the_others(
    delivery: Delivery, recorder: Recorder, stored: bytes
) -> None:
    broken = queue()
    db.session.execute(text("UPDATE outbox SET content = :stored"), {"stored": stored})
    db.session.commit()
    queue("deux")

    delivery.run_once()

    assert recorder.sent == ["deux"]
    assert reload(broken).state == "waiting"


@pytest.mark.slow
def test_a_worker_that_cannot_read_its_key_for_a_while_goes_on_afterwards(
    database: Flask, settings: Settings, idp, gateway
) -> None:
    message = queue()
    outbox.bury(outbox.take(["sms"], batch=1, lease_seconds=60)[0], "kept until the worker runs")
    db.session.commit()
    worker = idp("worker")
    assert "delivering" in worker.stdout.readline()
    key = Path(settings.keys.directory) / sealing.KEY_FILE
    good = key.read_text()
    key.write_text("no key")
    outbox.retry()
    db.session.commit()
    assert any("worker_broke" in line for line in worker.stdout), "it ended"
    key.write_text(good)

    wait_until(lambda: states(database) == {"sent": 1})
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=10) == 0
    assert [headers["Idempotency-Key"] for _, _, headers, _ in gateway.requests] == [message.id]
