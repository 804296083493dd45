"""Reading the audit log."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, literal, or_, select, tuple_

from idp.audit.models import AuditEntry
from idp.db import UtcInstant, db

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines; what is None does not matter."""

    by: str | None = None
    act: str | None = None
    """An event's name, or its beginning: `login` has `login.failed` too."""
    account_id: str | None = None
    client_id: str | None = None
    uai: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """The first instant that is out again."""

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """The query, for these lines alone."""
        exact = {"actor": self.by, "account_id": self.account_id, "client_id": self.client_id, "uai": self.uai}
        for name, value in exact.items():
            if value is not None:
                query = query.where(getattr(AuditEntry, name) == value)
        if self.act is not None:
            begins = AuditEntry.event.startswith(self.act + ".", autoescape=True)
            query = query.where(or_(AuditEntry.event == self.act, begins))
        if self.since is not None:
            query = query.where(AuditEntry.at >= self.since)
        if self.until is not None:
            query = query.where(AuditEntry.at < self.until)
        return query


def find(wanted: Filter, *, limit: int, before: str = "") -> list[AuditEntry]:
    """The newest lines that fit, the newest first; those before the line of that id, where one is given."""
    query = wanted.narrow(select(AuditEntry)).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    last = db.session.get(AuditEntry, before) if before else None
    if last is not None:
        query = query.where(
            tuple_(AuditEntry.at, AuditEntry.id) < tuple_(literal(last.at, UtcInstant), literal(last.id))
        )
    return list(db.session.scalars(query.limit(limit)))


def history(account_id: str, events: Collection[str], limit: int) -> list[AuditEntry]:
    """The newest lines of these kinds about an account, the newest first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.account_id == account_id, AuditEntry.event.in_(events))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))


def sealed(wanted: Filter, *, after: int = 0) -> Iterator[AuditEntry]:
    """Every sealed line that fits, in the order of the chain, a page at a time: memory stays flat."""
    while True:
        query = wanted.narrow(select(AuditEntry).where(AuditEntry.seq > after)).order_by(AuditEntry.seq).limit(PAGE)
        entries: list[AuditEntry] = list(db.session.scalars(query.execution_options(populate_existing=True)))
        yield from entries
        db.session.expunge_all()
        if len(entries) < PAGE:
            return
        assert entries[-1].seq is not None
        after = entries[-1].seq
