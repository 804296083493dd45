"""The worker's work, in one process."""

import datetime as dt

from idp import clock as time
from idp.db import db
from idp.delivery.errors import Refused, Undelivered
from idp.delivery.outbox import Taken
from idp.delivery.worker import Delivery
from tests.delivery.outgoing import Recorder, queue, reload


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
