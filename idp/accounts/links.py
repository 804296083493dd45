"""Links sent by mail: 256 random bits, stored as their SHA-256, used once, bound to the account as it was.

A link proves exactly the address that it was sent to (ATTACKS 98). It dies when it is used, when a newer one of the
same account and purpose is made, when the password changes, and when the account is suspended or merged. `not_me`,
by which an owner undoes a change, is the exception: neither a new link nor a new password takes it away, since the
person who made the change could do both.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import ForeignKey, Index, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.accounts.errors import LinkExpired
from idp.accounts.models import Account
from idp.db import Base, db

Purpose = Literal["validate_email", "change_email", "not_me", "reset_password"]
STAYS: Purpose = "not_me"
CLOSED = ("suspended", "merged")


class MailLink(Base):
    """A link that was sent. The row stays after use, so that a second click is told from a wrong address."""

    __tablename__ = "mail_links"
    __table_args__ = (Index("ix_mail_links_account_id_purpose", "account_id", "purpose"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(254), default="")
    """The address that the link proves; empty when it proves none."""
    bound_to: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the account's password hash when the link was made."""
    created_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    used_at: Mapped[dt.datetime | None]


def digest_of(token: str) -> bytes:
    """What the table and a flow may keep of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def make(account: Account, purpose: Purpose, *, address: str = "", life: dt.timedelta) -> str:
    """A new link's token, for its address alone: nothing stored gives it back. The older link dies."""
    if purpose != STAYS:
        kill(account.id, purpose)
    token, now = secrets.token_urlsafe(32), clock.now()
    db.session.add(
        MailLink(
            digest=digest_of(token),
            account_id=account.id,
            purpose=purpose,
            address=address,
            bound_to=_state(account),
            created_at=now,
            ends_at=now + life,
        )
    )
    db.session.flush()
    return token


def find(token: str | bytes, purpose: Purpose) -> MailLink | None:
    """The live link of a token (or of its digest). Changes nothing."""
    key = digest_of(token) if isinstance(token, str) else token
    link = db.session.get(MailLink, key, populate_existing=True)
    if link is None or link.purpose != purpose or link.used_at is not None or link.ends_at <= clock.now():
        return None
    account = db.session.get_one(Account, link.account_id, populate_existing=True)
    return link if _holds(link, account) else None


def use(token: str | bytes, purpose: Purpose) -> MailLink:
    """Use a link up: of two clicks at the same time one gets it. Raises LinkExpired.

    The account's row is held meanwhile, so that no password changes under the check.
    """
    link = find(token, purpose)
    if link is None:
        raise LinkExpired
    held = select(Account).where(Account.id == link.account_id).with_for_update()
    account = db.session.scalars(held.execution_options(populate_existing=True)).one()
    now = clock.now()
    statement = (
        update(MailLink)
        .where(MailLink.digest == link.digest, MailLink.used_at.is_(None), MailLink.ends_at > now)
        .values(used_at=now)
        .returning(MailLink.digest)
        .execution_options(synchronize_session=False)
    )
    if not _holds(link, account) or db.session.scalar(statement) is None:
        raise LinkExpired
    db.session.refresh(link)
    return link


def kill(account_id: str, *purposes: Purpose) -> None:
    """End the account's links of these purposes; without any, all but `not_me`."""
    which = MailLink.purpose.in_(purposes) if purposes else MailLink.purpose != STAYS
    db.session.execute(delete(MailLink).where(MailLink.account_id == account_id, which))


def kill_all(account_ids: Sequence[str]) -> None:
    """End every link of many accounts but `not_me`."""
    db.session.execute(delete(MailLink).where(MailLink.account_id.in_(account_ids), MailLink.purpose != STAYS))


def pending(account_id: str, purpose: Purpose) -> MailLink | None:
    """The account's newest live link of a purpose: a change that waits for its click."""
    query = (
        select(MailLink)
        .where(MailLink.account_id == account_id, MailLink.purpose == purpose)
        .where(MailLink.used_at.is_(None), MailLink.ends_at > clock.now())
        .order_by(MailLink.created_at.desc())
    )
    link = db.session.scalars(query).first()
    return link if link and _holds(link, db.session.get_one(Account, account_id)) else None


def _state(account: Account) -> bytes:
    return hashlib.sha256((account.password_hash or "").encode()).digest()


def _holds(link: MailLink, account: Account) -> bool:
    if link.purpose == STAYS:
        return account.state != "merged"
    return account.state not in CLOSED and secrets.compare_digest(link.bound_to, _state(account))
