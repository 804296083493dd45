"""The worker as a program, and its work in one process."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time as real_time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from idp import clock as time
from idp.cli.outbox import command as outbox_command
from idp.db import db
from idp.delivery import outbox
from idp.delivery.errors import Refused, Undelivered
from idp.delivery.models import Message
from idp.delivery.outbox import Taken
from idp.delivery.worker import Delivery
from idp.settings import Settings, Worker
from tests.conftest import BOTH_DATABASES

ROOT = Path(__file__).parents[2]


class Recorder:
    """A sender that keeps what it gets, or fails as told."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.failure: BaseException | None = None
        self.receipt = "receipt"

    def send(self, message: Taken) -> str:
        if self.failure:
            raise self.failure
        self.sent.append(message.content["text"])
        return self.receipt


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def delivery(database: Flask, clock, recorder: Recorder) -> Delivery:
    return Delivery({"sms": recorder}, Worker(attempts=3), threading.Event())


def queue(text: str = "x", **options) -> Message:
    message = outbox.queue("sms", "+33639981234", {"text": text}, purpose="code", **options)
    db.session.commit()
    return message


def reload(message: Message) -> Message:
    db.session.expire_all()
    return message


def test_messages_leave_in_order_and_are_marked_one_by_one(delivery: Delivery, recorder: Recorder) -> None:
    messages = [queue(text) for text in ("un", "deux")]

    delivery.run_once()

    assert recorder.sent == ["un", "deux"]
    assert [reload(m).state for m in messages] == ["sent", "sent"]


def test_what_was_sent_is_not_sent_again(delivery: Delivery, recorder: Recorder) -> None:
    queue()

    delivery.run_once()
    delivery.run_once()

    assert recorder.sent == ["x"]


def test_a_failure_is_tried_again_and_then_sent(delivery: Delivery, recorder: Recorder, clock) -> None:
    message = queue()
    recorder.failure = Undelivered("HTTP 503")
    delivery.run_once()
    first = (reload(message).state, message.attempts, message.last_error)
    recorder.failure = None
    clock.advance(seconds=5)
    delivery.run_once()

    assert first == ("waiting", 1, "HTTP 503")
    assert (reload(message).state, message.attempts, message.last_error) == ("sent", 2, "")


def test_after_the_last_try_a_message_is_a_dead_letter(delivery: Delivery, recorder: Recorder, clock) -> None:
    message = queue()
    recorder.failure = Undelivered("HTTP 503")
    for _ in range(5):
        delivery.run_once()
        clock.advance(hours=1)

    assert (reload(message).state, message.attempts, message.last_error) == ("dead", 3, "HTTP 503")


def test_a_refused_message_is_a_dead_letter_at_once(delivery: Delivery, recorder: Recorder) -> None:
    message = queue()
    recorder.failure = Refused("HTTP 400")

    delivery.run_once()

    assert (reload(message).state, message.attempts) == ("dead", 1)


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


def test_an_expired_code_is_not_sent(delivery: Delivery, recorder: Recorder, clock) -> None:
    message = queue(expires_at=time.now() + dt.timedelta(minutes=30))
    clock.advance(minutes=30)

    delivery.run_once()

    assert recorder.sent == []
    assert (reload(message).state, message.content) == ("expired", {})


def test_nothing_is_sent_inside_an_open_transaction(delivery: Delivery, recorder: Recorder) -> None:
    open_ones = []
    recorder.send = lambda message: str(open_ones.append(db.session().in_transaction()))  # type: ignore[method-assign]
    queue()

    delivery.run_once()

    assert open_ones == [False]


def test_a_stopped_worker_gives_back_what_it_did_not_send(delivery: Delivery, recorder: Recorder) -> None:
    messages = [queue(text) for text in ("un", "deux")]
    send = recorder.send

    def send_and_stop(message: Taken) -> str:
        delivery._stop.set()
        return send(message)

    recorder.send = send_and_stop  # type: ignore[method-assign]
    delivery.run_once()

    assert [(reload(m).state, m.lease, m.attempts) for m in messages] == [("sent", None, 1), ("waiting", None, 0)]


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    return os.environ | {
        "IDP_SERVER__DEMO": "true",
        "IDP_DATABASE__URL": settings.database.url,
        "IDP_KEYS__DIRECTORY": settings.keys.directory,
        "IDP_SMS__DRIVER": "http",
        "IDP_WORKER__LEASE_SECONDS": "1",
        "IDP_WORKER__POLL_MILLISECONDS": "50",
        **changes,
    }


@pytest.fixture
def idp(app: Flask, settings: Settings, gateway) -> Callable[..., subprocess.Popen[str]]:
    """Starts `idp …` on the tests' database with the gateway's address."""

    def start(*arguments: str, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "idp", *arguments],
            cwd=ROOT,
            env=environment(settings, IDP_SMS__URL=gateway.url, **changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def states(app: Flask) -> Counter[str]:
    with app.app_context():
        found = Counter(db.session.scalars(select(Message.state)))
        db.session.rollback()
    return found


def queue_many(app: Flask, count: int) -> None:
    with app.app_context():
        for number in range(count):
            outbox.queue("sms", "+33639981234", {"text": str(number)}, purpose="code")
        db.session.commit()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = real_time.monotonic() + seconds
    while not true():
        assert real_time.monotonic() < end, "it did not happen in time"
        real_time.sleep(0.05)


@pytest.mark.slow
def test_once_sends_what_is_due_and_ends(app: Flask, idp, gateway) -> None:
    queue_many(app, 25)

    output, _ = (worker := idp("worker", "--once")).communicate(timeout=60)

    assert worker.returncode == 0, output
    assert states(app) == {"sent": 25}
    assert len(gateway.requests) == 25


@pytest.mark.slow
def test_the_workers_log_holds_no_code_and_no_number(app: Flask, idp, gateway) -> None:
    queue_many(app, 1)
    gateway.status = 400

    output, _ = idp("worker", "--once").communicate(timeout=60)

    assert "message_dead" in output
    assert "+33639981234" not in output


@pytest.mark.slow
def test_sigterm_ends_the_worker_cleanly(app: Flask, idp, gateway) -> None:
    worker = idp("worker")
    queue_many(app, 1)
    wait_until(lambda: len(gateway.requests) == 1)
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=10)

    assert worker.returncode == 0, output
    assert states(app) == {"sent": 1}


@pytest.mark.slow
@BOTH_DATABASES
def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing_acknowledged(app: Flask, idp, gateway) -> None:
    queue_many(app, 30)
    gateway.on_request = lambda: real_time.sleep(0.03)
    worker = idp("worker")
    wait_until(lambda: len(gateway.requests) >= 10)
    worker.kill()
    worker.communicate(timeout=10)
    with app.app_context():
        acknowledged = set(db.session.scalars(select(Message.id).where(Message.state == "sent")))
        db.session.rollback()
    seen_before = len(gateway.requests)

    second = idp("worker")
    wait_until(lambda: states(app)["sent"] == 30)
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=10)

    arrived = Counter(headers["Idempotency-Key"] for _, _, headers, _ in gateway.requests)
    repeated = {row for row, times in arrived.items() if times > 1}
    assert len(acknowledged) >= 5
    assert len(arrived) == 30
    assert repeated.isdisjoint(acknowledged)
    assert len(repeated) <= 1, "only the message on its way at the kill may come again, with the same id"
    assert seen_before < 30


@pytest.mark.slow
@BOTH_DATABASES
def test_two_workers_send_each_message_once(app: Flask, idp, gateway) -> None:
    queue_many(app, 60)
    workers = [idp("worker", IDP_WORKER__LEASE_SECONDS="60") for _ in range(2)]
    wait_until(lambda: states(app)["sent"] == 60)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=10)

    assert len(gateway.requests) == 60


@pytest.fixture
def command(settings: Settings) -> Callable[..., Result]:
    """Runs `idp outbox …` on the tests' database."""
    return lambda *words: CliRunner().invoke(outbox_command, words, obj=settings)


@pytest.mark.slow
def test_outbox_lists_waiting_and_dead_without_contents(app: Flask, idp, command, gateway) -> None:
    queue_many(app, 1)
    gateway.status = 400
    idp("worker", "--once").communicate(timeout=60)
    queue_many(app, 1)

    output = command().output

    assert "1 waiting, 1 dead" in output
    assert "HTTP 400" in output
    assert "+33639981234" not in output


@pytest.mark.slow
def test_outbox_retry_puts_dead_letters_back(app: Flask, idp, command, gateway) -> None:
    queue_many(app, 2)
    gateway.status = 400
    idp("worker", "--once").communicate(timeout=60)
    gateway.status = 202

    output = command("retry", "--all").output
    idp("worker", "--once").communicate(timeout=60)

    assert "2 put back" in output
    assert states(app) == {"sent": 2}


def test_outbox_retry_of_an_unknown_id_says_so(app: Flask, command) -> None:
    done = command("retry", "nothing")

    assert done.exit_code == 1
    assert "nothing is not a dead letter." in done.output
