"""A journey under way: named in the URL, tied to the browser by a cookie, carrying the authorization request."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, new_id


class Flow(Base):
    """One journey of one browser. `state` holds what the steps proved; the step is computed from it."""

    __tablename__ = "flows"
    __table_args__ = (Index("ix_flows_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    journey: Mapped[str] = mapped_column(String(32), default="login")
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the browser cookie that opened the flow."""
    request: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The authorization request's parameters as received; none when the login page was opened bare."""
    client_id: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    """The account that the flow ended with."""
    created_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
