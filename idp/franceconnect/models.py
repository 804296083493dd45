"""Identities of an upstream linked to accounts, and logins upstream under way or behind a session."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, new_id
from idp.db.sealing import Sealed


class LinkedIdentity(Base):
    """A `sub` of an upstream that logs an account in. The unique constraint lets one account have it."""

    __tablename__ = "linked_identities"
    __table_args__ = (UniqueConstraint("issuer", "sub"), Index("ix_linked_identities_account_id", "account_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    issuer: Mapped[str] = mapped_column(String(255))
    sub: Mapped[str] = mapped_column(String(255))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    pivot: Mapped[dict[str, Any]] = mapped_column(Sealed("pivot"), default=dict)
    """Names, birth and gender as they were at the link: what a later login is compared with."""
    acr: Mapped[str] = mapped_column(String(60), default="")
    linked_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    replaced_at: Mapped[dt.datetime | None]
    """Another `sub` of the same person took its place; the row is kept for 30 days."""


class UpstreamState(Base):
    """Whether an upstream answered the last time that a worker looked."""

    __tablename__ = "upstream_states"

    upstream: Mapped[str] = mapped_column(String(20), primary_key=True)
    checked_at: Mapped[dt.datetime]
    down_since: Mapped[dt.datetime | None]


class UpstreamLogin(Base):
    """A proven login upstream: of a flow until it ends, then of the session that it opened."""

    __tablename__ = "upstream_logins"
    __table_args__ = (Index("ix_upstream_logins_at", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """The flow's id, then Session.public_id."""
    upstream: Mapped[str] = mapped_column(String(20))
    content: Mapped[dict[str, Any]] = mapped_column(Sealed("upstream_login"), default=dict)
    """The identity, and the ID token that a logout upstream needs."""
    at: Mapped[dt.datetime]
