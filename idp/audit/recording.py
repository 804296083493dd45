"""Writing a line, in the transaction of the act that it tells."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import insert

from idp import clock, metrics
from idp.audit.models import WRITTEN, AuditEntry
from idp.db import db, new_id
from idp.db.hot import places

EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
MAXIMUM_TEXT = 200
WRITE = insert(AuditEntry)
LINE = insert(AuditEntry).values(places(WRITTEN))
"""The same for the hot path, with the values of `as_row`."""

Fact = str | int | bool | None


def record(
    event: str,
    *,
    account_id: str | None = None,
    client_id: str | None = None,
    by: str | None = None,
    uai: str | None = None,
    **ids: Fact,
) -> None:
    """Add a line in the current transaction: it is kept if, and only if, the act is.

    `event` is dotted lower case (`login.refused`); `by` is who did it, `uai` the school. Raises ValueError for another
    form, TypeError for a fact that is not text, a number or a truth value. Control characters are escaped, so no text
    can pass for two lines (CWE-117).
    """
    line = _line(event, account_id=account_id, client_id=client_id, by=by, uai=uai)
    line |= {"at": clock.now(), "ids": {name: _safe(name, value) for name, value in ids.items()}}
    db.session.flush()
    # Without the unit of work: nobody reads the line back, and each login writes one.
    db.session.connection().execute(WRITE, line)
    metrics.count_act(event)


def as_row(
    event: str, at: int, *, account_id: str | None, client_id: str | None, ids: Mapping[str, Fact]
) -> dict[str, Any]:
    """The same line as values of its columns, for who writes without a session; `at` in milliseconds."""
    line = _line(event, account_id=account_id, client_id=client_id, by=None, uai=None)
    facts = orjson.dumps({name: _safe(name, value) for name, value in ids.items()}).decode()
    return {**line, "id": new_id(), "at": at, "ids": facts}


def _line(event: str, *, account_id: str | None, client_id: str | None, by: str | None, uai: str | None) -> Any:
    if not EVENT.fullmatch(event):
        raise ValueError(f"not an event's name: {event!r}")
    return {
        "event": event,
        "account_id": account_id,
        "client_id": _safe_text(client_id),
        "actor": _safe_text(by),
        "uai": _safe_text(uai),
    }


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
