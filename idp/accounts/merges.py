"""Accounts that became one: which one was kept, and what an undo needs (docs/merging.md).

Nothing of the closed account is moved but its responsables, so that undoing is exact.
"""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.accounts.models import Account
from idp.db import Base, db, new_id

STANDING = text("undone_at IS NULL")


class Merge(Base):
    """One account closed into another. The row stays after an undo; one account is closed into one other at a time."""

    __tablename__ = "merges"
    __table_args__ = (
        Index("ix_merges_kept_id", "kept_id"),
        Index("uq_merges_standing", "merged_id", unique=True, sqlite_where=STANDING, postgresql_where=STANDING),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kept_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    merged_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    merged_state: Mapped[str] = mapped_column(String(16))
    """State of the closed account before."""
    responsable_ids: Mapped[list[str]] = mapped_column(JSON)
    """What was moved."""
    merged_at: Mapped[dt.datetime]
    undoable_until: Mapped[dt.datetime]
    undone_at: Mapped[dt.datetime | None]


def standing(merged_id: str) -> Merge | None:
    """The merge that closed this account, if it still stands."""
    query = select(Merge).where(Merge.merged_id == merged_id, Merge.undone_at.is_(None))
    return db.session.scalar(query.execution_options(populate_existing=True))


def chain(account_id: str) -> list[str]:
    """The account, the one it was closed into, and so on; the last one is open. No merge closes a chain into a ring."""
    found = [account_id]
    while merge := standing(found[-1]):
        found.append(merge.kept_id)
    return found


def keeper_of(account_id: str) -> Account:
    """The account under which this one goes on: itself when it was never merged."""
    return db.session.get_one(Account, chain(account_id)[-1])


def keeper_name(account: Account) -> str:
    """The identifiant under which a merged account goes on; empty for any other."""
    return keeper_of(account.id).identifiant if account.state == "merged" else ""


def former_ids(account_id: str) -> list[str]:
    """Every account that was closed into this one, directly or through another, the earliest first."""
    found: list[Merge] = []
    waiting = [account_id]
    while waiting:
        query = select(Merge).where(Merge.kept_id.in_(waiting), Merge.undone_at.is_(None))
        below = list(db.session.scalars(query))
        found += below
        waiting = [merge.merged_id for merge in below]
    return [merge.merged_id for merge in sorted(found, key=lambda merge: (merge.merged_at, merge.id))]


def lock(account_ids: list[str]) -> dict[str, Account]:
    """Hold these accounts until the transaction ends, in one order for everybody, and read them anew."""
    query = select(Account).where(Account.id.in_(account_ids)).order_by(Account.id).with_for_update()
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return {account.id: account for account in rows}
