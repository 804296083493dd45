"""Messages on their way: words of these tests."""

import time as real_time
from collections import Counter
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.delivery.outbox import Taken


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


def queue(text: str = "x", **options) -> Message:
    message = outbox.queue("sms", "+33639981234", {"text": text}, purpose="code", **options)
    db.session.commit()
    return message


def reload(message: Message) -> Message:
    db.session.expire_all()
    return message


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
