"""Column types give the same value on both databases."""

import datetime as dt

import pytest
from sqlalchemy import insert, select

from idp.audit import AuditEntry
from idp.db import db
from idp.flows.models import Flow
from tests.conftest import BOTH_DATABASES

INSTANT = dt.datetime(2026, 3, 29, 0, 59, 59, 123_000, tzinfo=dt.UTC)
"""A second before France goes to summer time."""


@BOTH_DATABASES
@pytest.mark.parametrize("zone", [dt.UTC, dt.timezone(dt.timedelta(hours=2))])
def test_an_instant_comes_back_aware_and_the_same(database, zone) -> None:
    """LIBRARIES: `DateTime(timezone=True)` comes back naive from SQLite."""
    row = {"id": "x" * 32, "at": INSTANT.astimezone(zone), "event": "test", "ids": {}}
    db.session.execute(insert(AuditEntry), row)
    db.session.commit()

    found = db.session.scalars(select(AuditEntry.at)).one()

    assert found == INSTANT
    assert found.utcoffset() == dt.timedelta(0)


@BOTH_DATABASES
def test_a_naive_instant_is_not_taken(database) -> None:
    with pytest.raises(Exception, match="an instant needs a time zone"):
        db.session.execute(select(Flow).where(Flow.created_at == INSTANT.replace(tzinfo=None)))
