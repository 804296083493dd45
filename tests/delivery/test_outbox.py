import datetime as dt

import pytest
from flask import Flask

from idp import clock as time
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.delivery.outbox import Taken

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def queue(text: str = "Votre code : 123456", **options) -> Message:
    message = outbox.queue("sms", "+33639981234", {"text": text}, purpose="code", **options)
    db.session.commit()
    return message


def take(batch: int = 10) -> list[Taken]:
    taken = outbox.take(["sms", "mail"], batch=batch, lease_seconds=60)
    db.session.commit()
    return taken


def in_minutes(minutes: int) -> dt.datetime:
    return time.now() + dt.timedelta(minutes=minutes)


def reload(message: Message) -> Message:
    db.session.expire_all()
    return message


def test_a_message_goes_with_a_rolled_back_act(database: Flask, clock) -> None:
    outbox.queue("sms", "+33639981234", {"text": "x"}, purpose="code")
    db.session.rollback()

    assert take() == []


def test_two_workers_never_hold_the_same_message(database: Flask, clock) -> None:
    for _ in range(3):
        queue()

    first, second, third = take(2), take(2), take(2)

    assert (len(first), len(second), len(third)) == (2, 1, 0)
    assert {m.id for m in first}.isdisjoint(m.id for m in second)


def test_the_lease_of_a_dead_worker_ends(database: Flask, clock) -> None:
    queue()
    first = take()
    clock.advance(seconds=60)

    assert [m.id for m in take()] == [m.id for m in first]


def test_a_worker_whose_lease_ended_does_not_send(database: Flask, clock) -> None:
    queue()
    (late,) = take()
    clock.advance(seconds=60)
    (other,) = take()

    assert outbox.begin(late, lease_seconds=60) is None
    assert outbox.begin(other, lease_seconds=60) == 1


def test_only_channels_with_a_sender_are_taken(database: Flask, clock) -> None:
    queue()

    assert outbox.take(["mail"], batch=10, lease_seconds=60) == []


def test_content_is_emptied_once_sent(database: Flask, clock) -> None:
    message = queue()
    (taken,) = take()

    outbox.mark_sent(taken, "receipt-1")
    db.session.commit()

    assert reload(message).content == {}
    assert (message.state, message.receipt, message.sent_at) == ("sent", "receipt-1", clock.instant)


def test_what_was_acknowledged_is_sent_even_when_the_lease_ended(database: Flask, clock) -> None:
    message = queue()
    (slow,) = take()
    clock.advance(seconds=60)
    take()

    outbox.mark_sent(slow, "")
    db.session.commit()

    assert reload(message).state == "sent"


def test_waits_double_up_to_an_hour(database: Flask, clock) -> None:
    message = queue()
    waits = []
    for attempt in (1, 2, 3, 12):
        (taken,) = take()
        outbox.postpone(taken, "busy", attempt=attempt, backoff_seconds=5)
        db.session.commit()
        waits.append((reload(message).due_at - time.now()).total_seconds())
        clock.set(message.due_at)

    assert waits == [5, 10, 20, 3600]


def test_an_expired_code_is_never_taken_and_is_emptied(database: Flask, clock) -> None:
    message = queue(expires_at=in_minutes(30))
    clock.advance(minutes=30)

    outbox.expire()
    db.session.commit()

    assert take() == []
    assert (reload(message).state, message.content) == ("expired", {})


def test_a_code_that_expires_in_the_batch_is_not_sent(database: Flask, clock) -> None:
    queue(expires_at=time.now() + dt.timedelta(seconds=30))
    (taken,) = take()
    clock.advance(seconds=31)

    assert outbox.begin(taken, lease_seconds=60) is None


def test_a_dead_letter_whose_code_expired_is_emptied(database: Flask, clock) -> None:
    message = queue(expires_at=in_minutes(30))
    (taken,) = take()
    outbox.bury(taken, "no such number")
    clock.advance(minutes=31)

    outbox.expire()
    db.session.commit()

    assert (reload(message).state, message.content) == ("expired", {})


def test_a_dead_letter_can_be_sent_again(database: Flask, clock) -> None:
    message = queue()
    (taken,) = take()
    outbox.bury(taken, "no such number")

    assert outbox.retry(message.id) == 1
    assert [m.id for m in take()] == [message.id]


def test_a_stopping_worker_gives_its_messages_back(database: Flask, clock) -> None:
    queue()
    (taken,) = take()

    outbox.release(taken.lease)

    assert len(take()) == 1


def test_old_rows_of_sent_messages_are_swept(database: Flask, clock) -> None:
    queue()
    (taken,) = take()
    outbox.mark_sent(taken, "")
    waiting = queue()
    clock.advance(days=31)

    assert outbox.sweep(time.now() - dt.timedelta(days=30), 1000) == 1
    assert db.session.get(Message, waiting.id) is not None


@pytest.mark.parametrize("recipient", ["a@example.org\r\nBcc: b@example.org", "a@example.org b@example.org", ""])
def test_a_recipient_that_is_not_one_address_is_refused(database: Flask, recipient: str) -> None:
    with pytest.raises(ValueError, match="recipient"):
        outbox.queue("mail", recipient, {}, purpose="test")


def test_an_unknown_channel_is_refused(database: Flask) -> None:
    with pytest.raises(ValueError, match="channel"):
        outbox.queue("pigeon", "a@example.org", {}, purpose="test")
