"""Accounts, what they hold, and the browser sessions that logged in with them."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from idp.accounts.email import fold
from idp.db import Base, new_id

MAY_LOG_IN = ("active",)
"""States of an account that may have a session and be spoken of."""

WAITING = ("notified", "pending_email")
"""States of an account from a letter, not yet activated: its right password leads to the activation."""


HAS_MOBILE = text("mobile IS NOT NULL")
"""Those without one are no part of the index: a planner that counted them would read the table instead."""


class Account(Base):
    """What logs in. States: notified, pending_email, active, suspended, merged, erased."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_email_key", "email_key", postgresql_ops={"email_key": "text_pattern_ops"}),
        Index("ix_accounts_mobile", "mobile", sqlite_where=HAS_MOBILE, postgresql_where=HAS_MOBILE),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    identifiant: Mapped[str] = mapped_column(String(64), unique=True)
    """Never reused: a row is anonymised, never deleted, so the unique constraint remembers it."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="active")
    civility: Mapped[str] = mapped_column(String(10), default="")
    family_name: Mapped[str] = mapped_column(String(100))
    usage_name: Mapped[str] = mapped_column(String(100), default="")
    first_name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    email_verified_at: Mapped[dt.datetime | None]
    mobile: Mapped[str | None] = mapped_column(String(16))
    mobile_verified_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    last_login_at: Mapped[dt.datetime | None]
    previous_login_at: Mapped[dt.datetime | None]
    """The login before the last, which the portal shows."""
    former_ids: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Accounts closed into this one, separated by spaces: services knew their subjects (docs/merging.md)."""
    email_key: Mapped[str | None] = mapped_column(String(254))
    """`email` folded for comparison; follows it by itself."""
    password_changed_at: Mapped[dt.datetime | None]
    email_bounced_at: Mapped[dt.datetime | None]
    """When a mail to `email` last came back; its owner is told at the next login."""
    childless_since: Mapped[dt.datetime | None] = mapped_column(index=True)
    """When it was noticed that no school's file holds a child of the account."""
    departure_told_at: Mapped[dt.datetime | None]
    """When its owner was warned that the account will be erased."""
    new_password_due_at: Mapped[dt.datetime | None]
    """Since when the password opens nothing: it may have leaked, and a proof other than it must choose the next one."""
    suspended_from: Mapped[str | None] = mapped_column(String(16))
    """The state before the suspension, which its end gives back."""
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """The language that its owner last chose, for what is sent later; empty: the site's first."""

    responsables: Mapped[list["AccountResponsable"]] = relationship(back_populates="account")

    @property
    def mail_address(self) -> str:
        """The address that is its owner's for sure and that takes mails; empty without one."""
        return self.email if self.email and self.email_verified_at and self.email_bounced_at is None else ""

    @validates("email")
    def _fold_email(self, key: str, email: str | None) -> str | None:
        self.email_key = fold(email) if email else None
        if email != self.email:
            self.email_bounced_at = None
        return email


LIVE = Account.state.in_([literal_column(f"'{state}'") for state in MAY_LOG_IN])
"""Accounts that may log in and be spoken of."""


class AccountResponsable(Base):
    """A responsable held by an account. The primary key makes a second account from one responsable impossible."""

    __tablename__ = "account_responsables"

    responsable_id: Mapped[str] = mapped_column(ForeignKey("responsables.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)

    account: Mapped[Account] = relationship(back_populates="responsables")


class Session(Base):
    """A browser that logged in. The cookie holds 256 random bits; the row their SHA-256."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_account_id", "account_id"), Index("ix_sessions_ends_at", "ends_at"))

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=new_id)
    """Names the session in grants, in `sid` derivation and on pages; opens nothing."""
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    auth_time: Mapped[dt.datetime]
    amr: Mapped[str] = mapped_column(String(60), default="pwd")
    """Methods separated by spaces (RFC 8176): pwd, sms, …"""
    acr: Mapped[str] = mapped_column(String(60), default="")
    last_seen_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    """Absolute end; the idle limit is checked against last_seen_at."""
    user_agent: Mapped[str] = mapped_column(String(256), default="")

    account: Mapped[Account] = relationship()


class Identifiant(Base):
    """An identifiant that was given once. The row stays for ever, so that nobody else gets it again."""

    __tablename__ = "identifiants"
    __table_args__ = (UniqueConstraint("stem", "number"),)

    identifiant: Mapped[str] = mapped_column(String(64), primary_key=True)
    stem: Mapped[str] = mapped_column(String(48))
    number: Mapped[int]
    given_at: Mapped[dt.datetime]


class LoginAttempts(Base):
    """Wrong passwords counted on one account (or on one unknown identifiant); a good login deletes the row."""

    __tablename__ = "login_attempts"

    target: Mapped[str] = mapped_column(String(72), primary_key=True)
    """`account:<id>`, or `unknown:<SHA-256>` so that an unknown identifiant is answered as a known one."""
    failures: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[dt.datetime]
    next_at: Mapped[dt.datetime]
    """No try is taken before that instant."""
    locked_until: Mapped[dt.datetime | None]
