"""Messages that wait to leave, leave, or could not."""

import datetime as dt
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, new_id
from idp.db.sealing import Sealed


class Message(Base):
    """A row of the outbox, written in the transaction that decided it. Its id lets the receiver deduplicate."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(12))
    """sms, mail, backchannel."""
    recipient: Mapped[str] = mapped_column(String(254))
    content: Mapped[dict[str, Any]] = mapped_column(Sealed("outbox"), default=dict)
    """What the sender needs: subject, text, html for mail; text for SMS. Sealed, since it holds codes and links;
    emptied once sent."""
    purpose: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    """waiting, sent, expired, dead."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    leased_until: Mapped[dt.datetime | None]
    lease: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str] = mapped_column(Text, default="")
    receipt: Mapped[str] = mapped_column(String(200), default="")
    """The id that the relay or gateway gave."""
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
