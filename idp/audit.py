"""The audit log: who did what, when; only ever added to (ARCHITECTURE, decision 12)."""

import datetime as dt
import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import DDL, JSON, Index, String, Table, event, insert, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from idp import clock, metrics
from idp.db import Base, db, new_id

EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
MAXIMUM_TEXT = 200

Fact = str | int | bool | None


class AppendOnly(Exception):
    """Somebody tried to change or delete a line of the audit log."""


class AuditEntry(Base):
    """One act. Its ids are time-ordered; no foreign key, since a line outlives what it names."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_account_id_at", "account_id", "at"), Index("ix_audit_entries_at", "at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    at: Mapped[dt.datetime]
    event: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(64))
    ids: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Other ids and counts. Never a name, a birth date, a number, an address, a code, a password or a token."""


APPEND_ONLY = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_entries_no_{act} BEFORE {act.upper()} ON audit_entries "
        "BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END"
        for act in ("update", "delete")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_entries is append-only'; END $$",
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
    ),
}
"""The database refuses changes too, whoever asks. Made with the table."""


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


def record(event: str, *, account_id: str | None = None, client_id: str | None = None, **ids: Fact) -> None:
    """Add a line in the current transaction: it is kept if, and only if, the act is.

    `event` is dotted lower case (`login.refused`). Raises ValueError for another form, TypeError for a fact that is
    not text, a number or a truth value. Control characters are escaped, so no text can pass for two lines (CWE-117).
    """
    if not EVENT.fullmatch(event):
        raise ValueError(f"not an event's name: {event!r}")
    facts = {name: _safe(name, value) for name, value in ids.items()}
    line = {"at": clock.now(), "event": event, "account_id": account_id, "client_id": _safe_text(client_id)}
    db.session.flush()
    # Without the unit of work: nobody reads the line back, and each login writes one.
    db.session.connection().execute(insert(AuditEntry), {**line, "ids": facts})
    metrics.count_act(event)


def as_row(
    event: str, at: int, *, account_id: str | None, client_id: str | None, ids: Mapping[str, Fact]
) -> dict[str, Any]:
    """The same line as values of its columns, for who writes without a session; `at` in milliseconds."""
    if not EVENT.fullmatch(event):
        raise ValueError(f"not an event's name: {event!r}")
    facts = orjson.dumps({name: _safe(name, value) for name, value in ids.items()}).decode()
    line = {"id": new_id(), "at": at, "event": event, "account_id": account_id}
    return {**line, "client_id": _safe_text(client_id), "ids": facts}


def history(account_id: str, events: Collection[str], limit: int) -> list[AuditEntry]:
    """The newest lines of these kinds about an account, the newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.account_id == account_id, AuditEntry.event.in_(events))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _safe(name: str, value: Fact) -> Fact:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _safe_text(value)
    raise TypeError(f"{name}: the audit log takes text, numbers and truth values")


def _safe_text(text: str | None) -> str | None:
    if text is None:
        return None
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:MAXIMUM_TEXT])
