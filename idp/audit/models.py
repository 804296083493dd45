"""Lines of the audit log, the seals over them, and the anchor that stands for those deleted after their time."""

import datetime as dt
from typing import Any

from sqlalchemy import DDL, JSON, BigInteger, Index, LargeBinary, String, Table, event, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from idp.db import Base, new_id


class AppendOnly(Exception):
    """Somebody tried to change or delete a line of the audit log."""


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class AuditEntry(Base):
    """One act. Its ids are time-ordered; no foreign key, since a line outlives what it names."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_account_id_at", "account_id", "at"),
        Index("ix_audit_entries_at", "at"),
        _partial("ix_audit_entries_actor_at", "actor", "at", where="actor IS NOT NULL"),
        _partial("ix_audit_entries_uai_at", "uai", "at", where="uai IS NOT NULL"),
        _partial("ix_audit_entries_unsealed", "id", where="seq IS NULL"),
        _partial("uq_audit_entries_seq", "seq", where="seq IS NOT NULL", unique=True),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[dt.datetime]
    event: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str | None] = mapped_column(String(64))
    """Who did it, where it was not the account's owner: a person who works here, a command, a service."""
    uai: Mapped[str | None] = mapped_column(String(16))
    """The school that it was about."""
    ids: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Other ids and counts. Never a name, a birth date, a number, an address, a code, a password or a token."""
    seq: Mapped[int | None] = mapped_column(BigInteger)
    """Its place in the chain, given when it is sealed."""
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 over the digest before it and the whole line (`idp.audit.chain`)."""


class Seal(Base):
    """A signature over the chain as far as `last_seq`; one a batch."""

    __tablename__ = "audit_seals"

    last_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed_at: Mapped[dt.datetime]
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class Anchor(Base):
    """Where the chain begins, now that the lines up to `seq` were deleted after their time. The highest counts."""

    __tablename__ = "audit_anchors"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    pruned_at: Mapped[dt.datetime]
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class HourlyFigure(Base):
    """How many acts of a kind an hour saw; counted as lines are sealed, so that no figure reads the log."""

    __tablename__ = "audit_figures"

    hour: Mapped[dt.datetime] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int]


class Lease(Base):
    """Which worker seals, and until when; the one row has the key 1."""

    __tablename__ = "audit_lease"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(32))
    ends_at: Mapped[dt.datetime]


WRITTEN = ("id", "at", "event", "account_id", "client_id", "actor", "uai", "ids")
"""What who records a line gives; the sealer adds the rest, once."""

_SAME_SQLITE = " AND ".join(f"OLD.{name} IS NEW.{name}" for name in WRITTEN)
_SAME_POSTGRESQL = " AND ".join(f"OLD.{name}::text IS NOT DISTINCT FROM NEW.{name}::text" for name in WRITTEN)
_SEALED_ONCE = "OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.digest IS NOT NULL"
_KEPT = "OLD.seq IS NULL OR OLD.seq > COALESCE((SELECT MAX(seq) FROM audit_anchors), 0)"

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries "
        f"WHEN NOT ({_SEALED_ONCE} AND {_SAME_SQLITE}) "
        "BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
        f"CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries WHEN {_KEPT} "
        "BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {_SEALED_ONCE} AND {_SAME_POSTGRESQL} THEN RETURN NEW; END IF; "
        f"ELSIF NOT ({_KEPT}) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'audit_entries is append-only'; END $$",
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
    ),
}
"""The database refuses changes too, whoever asks: a line is sealed once, and deleted below an anchor alone."""


def _make_append_only(table: Table) -> None:
    for dialect, statements in APPEND_ONLY.items():
        for statement in statements:
            ddl = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor untyped
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


assert isinstance(AuditEntry.__table__, Table)
_make_append_only(AuditEntry.__table__)


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _refuse(mapper: Mapper[Any], connection: object, entry: AuditEntry) -> None:
    raise AppendOnly(entry.id)
