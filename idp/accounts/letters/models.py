"""A letter that was printed. The password that it carries is the account's own hash, and stands nowhere else."""

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, new_id


class Letter(Base):
    """One page for one responsable. Only an account's newest letter counts."""

    __tablename__ = "letters"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    responsable_id: Mapped[str] = mapped_column(ForeignKey("responsables.id"), index=True)
    uai: Mapped[str] = mapped_column(ForeignKey("schools.uai"))
    printed_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    replaced_at: Mapped[dt.datetime | None]
    """When a newer letter, or another way into the account, took its place."""
    used_at: Mapped[dt.datetime | None]
    """When the parent chose a password of their own; the head of the school sees it, with the device (ATTACKS 102)."""
    used_with: Mapped[str] = mapped_column(String(256), default="")
    """The browser's own words."""
