"""The outbox: messages are rows, written with the act that decided them, and leave from there (decision 10).

A worker takes messages by a lease: one conditional UPDATE, so that two workers never hold the same one. A worker that
dies leaves leases that end by themselves. What the relay or gateway acknowledged is marked at once, each on its own.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from idp import clock
from idp.db import db, new_id
from idp.delivery.models import Message

LATER = "later"
"""The channel of what the worker does itself: a request that only writes such a row takes the same time for all."""
CHANNELS = ("sms", "mail", "backchannel", LATER)
MAXIMUM_BACKOFF = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a worker holds."""

    id: str
    lease: str
    channel: str
    recipient: str
    content: dict[str, Any]
    attempts: int = 0
    """Tries before this one, with those that their worker did not survive."""


def queue(
    channel: str, recipient: str, content: dict[str, Any], *, purpose: str, expires_at: dt.datetime | None = None
) -> Message:
    """Write a message in the current transaction; it leaves once that is committed, unless `expires_at` passes first.

    Raises ValueError for an unknown channel or a recipient that could make a header of its own (CWE-93).
    """
    if channel not in CHANNELS:
        raise ValueError(f"no such channel: {channel}")
    if not recipient or not recipient.isprintable() or " " in recipient:
        raise ValueError("a recipient is one address or number, without spaces or line ends")
    now = clock.now()
    message = Message(
        channel=channel,
        recipient=recipient,
        content=content,
        purpose=purpose,
        due_at=now,
        expires_at=expires_at,
        created_at=now,
    )
    db.session.add(message)
    db.session.flush()
    return message


def queue_later(contents: Sequence[tuple[dict[str, Any], dt.datetime]], *, purpose: str) -> None:
    """Write many rows of the worker's own work at once, each with the instant from which it is due."""
    now = clock.now()
    rows = [
        {
            "channel": LATER,
            "recipient": "-",
            "content": content,
            "purpose": purpose,
            "due_at": due_at,
            "created_at": now,
        }
        for content, due_at in contents
    ]
    if rows:
        db.session.execute(insert(Message), rows)


def _is_free(now: dt.datetime) -> ColumnElement[bool]:
    return or_(Message.leased_until.is_(None), Message.leased_until <= now)


def take(channels: Collection[str], *, batch: int, lease_seconds: int) -> list[Taken]:
    """Lease up to `batch` messages of these channels that are due, oldest first. The caller commits, then sends."""
    now = clock.now()
    due = (
        select(Message.id)
        .where(Message.state == "waiting", Message.due_at <= now, Message.channel.in_(channels), _is_free(now))
        .order_by(Message.due_at)
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("due")  # Chosen once: PostgreSQL may run a plain subquery again and take more than `batch`.
    )
    lease = new_id()
    statement = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)), Message.state == "waiting", _is_free(now))
        .values(lease=lease, leased_until=now + dt.timedelta(seconds=lease_seconds))
        .returning(Message.id, Message.channel, Message.recipient, Message.content, Message.attempts)
        .execution_options(synchronize_session=False)
    )
    rows = db.session.execute(statement).all()
    taken = (Taken(row.id, lease, row.channel, row.recipient, row.content, row.attempts) for row in rows)
    return sorted(taken, key=lambda message: message.id)


def begin(taken: Taken, *, lease_seconds: int) -> int | None:
    """Count a try and lengthen the lease, just before sending. The try's number, or None: do not send.

    None when another worker holds the message by now, or when it has expired meanwhile.
    """
    now = clock.now()
    statement = (
        update(Message)
        .where(Message.id == taken.id, Message.state == "waiting", Message.lease == taken.lease)
        .where(Message.leased_until > now, or_(Message.expires_at.is_(None), Message.expires_at > now))
        .values(attempts=Message.attempts + 1, leased_until=now + dt.timedelta(seconds=lease_seconds))
        .returning(Message.attempts)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalar(statement)


def mark_sent(taken: Taken, receipt: str) -> None:
    """The relay or gateway acknowledged the message: it never leaves again, and its content is emptied.

    Holds even if the lease ended meanwhile: what was acknowledged is sent.
    """
    _change(
        Message.id == taken.id,
        Message.state == "waiting",
        state="sent",
        content={},
        sent_at=clock.now(),
        receipt=_readable(receipt)[:200],
        last_error="",
        lease=None,
        leased_until=None,
    )


def postpone(taken: Taken, error: str, *, attempt: int, backoff_seconds: int) -> None:
    """Try again later: after `backoff_seconds`, doubled at each try, an hour at most."""
    wait = min(dt.timedelta(seconds=backoff_seconds * 2 ** min(attempt - 1, 20)), MAXIMUM_BACKOFF)
    _change(*_held(taken), due_at=clock.now() + wait, last_error=_readable(error), lease=None, leased_until=None)


def bury(taken: Taken, error: str) -> None:
    """Give up: a dead letter, which `idp outbox` shows and can send again."""
    _change(*_held(taken), state="dead", last_error=_readable(error), lease=None, leased_until=None)


def release(lease: str) -> None:
    """Give back the messages of a lease that were not sent: the worker stops."""
    _change(Message.lease == lease, Message.state == "waiting", lease=None, leased_until=None)


def expire() -> int:
    """Mark messages whose time has passed and empty them: their code is never sent. How many."""
    now = clock.now()
    return _change(
        Message.state.in_(("waiting", "dead")),
        Message.expires_at <= now,
        _is_free(now),
        state="expired",
        content={},
        lease=None,
        leased_until=None,
    )


def withdraw(message_id: str) -> None:
    """End the time of a message that nobody needs any more: it does not leave, unless it is on its way already."""
    _change(Message.id == message_id, Message.state.in_(("waiting", "dead")), expires_at=clock.now())


def sweep(before: dt.datetime, batch: int) -> int:
    """Delete rows of messages that were due before that instant and do not wait any more, at most `batch`; how many."""
    old = select(Message.id).where(Message.state.in_(("sent", "expired", "dead")), Message.due_at <= before)
    gone = delete(Message).where(Message.id.in_(old.limit(batch))).returning(Message.id)
    return len(db.session.execute(gone).all())


def retry(message_id: str | None = None) -> int:
    """Put a dead letter, or all of them, back into the queue with its tries counted anew. How many."""
    one = [Message.id == message_id] if message_id else []
    return _change(Message.state == "dead", *one, state="waiting", attempts=0, due_at=clock.now())


def _readable(text: str) -> str:
    """What a peer said, as every database takes it: PostgreSQL holds no NUL, UTF-8 no half of a surrogate pair."""
    return "".join(character if character.isprintable() else " " for character in text)


def _held(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    return (Message.id == taken.id, Message.state == "waiting", Message.lease == taken.lease)


def _change(*conditions: ColumnElement[bool], **values: object) -> int:
    statement = (
        update(Message)
        .where(*conditions)
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(db.session.execute(statement).all())
