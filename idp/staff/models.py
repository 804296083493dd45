"""Staff accounts, apart from parents': what they hold, how they are let in, and their sessions."""

import datetime as dt
from typing import Any, Literal

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp.accounts.email import LONGEST as LONGEST_EMAIL
from idp.authenticators import LONGEST_CREDENTIAL_ID, LONGEST_NAME
from idp.db import Base, new_id
from idp.db.sealing import Sealed

Role = Literal["school_head", "support", "administrator"]
ROLES: tuple[Role, ...] = ("school_head", "support", "administrator")


class StaffAccount(Base):
    """Somebody who works here. The row stays when the account is disabled: the audit names it."""

    __tablename__ = "staff_accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    """As colleagues know the person: «Mme Lefebvre, directrice»."""
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), default="")
    """Where the person is told what others do to the account, and gets links; opens nothing by itself. May be empty."""
    role: Mapped[str] = mapped_column(String(16))
    academie: Mapped[str] = mapped_column(String(60), default="")
    """Of a support agent; as `idp.registry.academies` spells it."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp: Mapped[dict[str, Any] | None] = mapped_column(Sealed("staff totp"))
    """`secret`, in base32."""
    totp_step: Mapped[int | None]
    """The time step of the last code that was taken: no code is taken twice (RFC 6238 §5.2)."""
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str] = mapped_column(String(64), default="")
    disabled_at: Mapped[dt.datetime | None]
    last_login_at: Mapped[dt.datetime | None]
    previous_login_at: Mapped[dt.datetime | None]

    schools: Mapped[list["StaffSchool"]] = relationship(
        order_by="StaffSchool.uai", lazy="selectin", cascade="all, delete-orphan"
    )

    @property
    def uais(self) -> tuple[str, ...]:
        """The schools of a school head."""
        return tuple(school.uai for school in self.schools)

    @property
    def by(self) -> str:
        """How this person is named in what they did."""
        return f"staff:{self.id}"


class StaffSchool(Base):
    """A school that its head may see."""

    __tablename__ = "staff_schools"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), primary_key=True)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"), primary_key=True)


class StaffPasskey(Base):
    """A public key of somebody's authenticator."""

    __tablename__ = "staff_passkeys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(LONGEST_CREDENTIAL_ID), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]


class StaffRecoveryCode(Base):
    """A code for the day when the second factor is lost: used once, kept as its SHA-256."""

    __tablename__ = "staff_recovery_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    used_at: Mapped[dt.datetime | None]


class StaffInvitation(Base):
    """A link by which a person sets up what lets them in; an account's newer link kills the one before."""

    __tablename__ = "staff_invitations"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(8))
    """account: a password, then a second factor. password: a new one. factor: the password is asked, then a factor."""
    created_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class StaffProposal(Base):
    """What one administrator asks for and another one confirms; the row is there while it waits, and no longer."""

    __tablename__ = "staff_proposals"
    __table_args__ = (Index("ix_staff_proposals_ends_at", "ends_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    act: Mapped[str] = mapped_column(String(16))
    """invite: a new administrator, who has no account yet. administrator, reopen, password, factor: of an account."""
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    """Whose account it is about; empty for `invite`."""
    login: Mapped[str] = mapped_column(String(40), default="")
    name: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), default="")
    """Of an account that is not made yet."""
    proposed_by: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    created_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]

    staff: Mapped[StaffAccount | None] = relationship(foreign_keys=[staff_id])
    proposer: Mapped[StaffAccount] = relationship(foreign_keys=[proposed_by])


class StaffSession(Base):
    """A browser in which somebody gave a password, and then a second factor. The cookie's SHA-256 is the key."""

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_ends_at", "ends_at"),)

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=new_id)
    """Names the session on pages; opens nothing."""
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    stage: Mapped[str] = mapped_column(String(8))
    """factor: the second factor is asked. enrol: it is being set up. open: the consoles answer."""
    invitation: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """The invitation that an enrolment will use up."""
    created_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    """When a second factor was last given: dangerous acts ask for a recent one."""
    last_seen_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    user_agent: Mapped[str] = mapped_column(String(256), default="")
    waiting: Mapped[dict[str, Any] | None] = mapped_column(Sealed("staff session"))
    """What one act of this browser waits for: a challenge, a TOTP secret that is not confirmed yet."""

    staff: Mapped[StaffAccount] = relationship()
