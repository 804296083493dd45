"""What an account gave a client."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base


class Grant(Base):
    """One redeemed authorization code with its family of refresh tokens: one row, `generation` counts the rotations.

    The id is chosen when the code is made; a second redemption meets the primary key and revokes the grant.
    """

    __tablename__ = "grants"
    __table_args__ = (
        Index("ix_grants_account_id_client_id", "account_id", "client_id"),
        Index("ix_grants_session_id", "session_id"),
        Index("ix_grants_ends_at", "ends_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    session_id: Mapped[str | None] = mapped_column(String(32))
    """Session.public_id; a grant without offline_access dies with the session."""
    scope: Mapped[str] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(Integer, default=0)
    details: Mapped[str] = mapped_column(Text, default="{}")
    """JSON of what rotation must keep: auth_time, acr, amr, nonce, claims, resource, confirmation key."""
    offline: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]
    rotated_at: Mapped[dt.datetime | None]
    """The last rotation, for the setting that forgives a lost answer."""


class PushedRequest(Base):
    """An authorization request that a client sent by itself (RFC 9126): the row goes when it is answered."""

    __tablename__ = "pushed_requests"
    __table_args__ = (Index("ix_pushed_requests_ends_at", "ends_at"),)

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """SHA-256 of the reference in its `request_uri`."""
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    parameters: Mapped[str] = mapped_column(Text)
    """JSON, checked when it was pushed."""
    expires_at: Mapped[dt.datetime]
    """The browser must bring it before that."""
    ends_at: Mapped[dt.datetime]
    """No login that it began can last longer."""


class Consent(Base):
    """Scopes that a parent let a client have; a wider request asks again."""

    __tablename__ = "consents"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"), primary_key=True)
    scope: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[dt.datetime]


class DeviceRequest(Base):
    """A device without keyboard that waits for its code to be typed elsewhere (RFC 8628)."""

    __tablename__ = "device_requests"
    __table_args__ = (Index("ix_device_requests_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """The grant to be: redeeming twice meets its primary key."""
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id"))
    device_code: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the device code."""
    user_code: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """HMAC of the eight letters."""
    scope: Mapped[str] = mapped_column(Text)
    resource: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="pending")
    """pending, claimed (somebody typed the code), approved, denied."""
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    session_id: Mapped[str | None] = mapped_column(String(32))
    """Session.public_id of who typed the code."""
    details: Mapped[str] = mapped_column(Text, default="{}")
    """JSON of the login: auth_time, acr, amr."""
    interval_seconds: Mapped[int] = mapped_column(Integer)
    """How long the device must wait between two questions; longer each time it does not."""
    too_fast: Mapped[bool] = mapped_column(default=False)
    polled_at: Mapped[dt.datetime | None]
    ends_at: Mapped[dt.datetime]
