"""Acts an hour, counted as lines are sealed: exact, at most some seconds old, and read without reading the log."""

import datetime as dt
from collections import Counter

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from idp import clock
from idp.audit.models import HourlyFigure
from idp.db import db

Counted = Counter[tuple[dt.datetime, str]]
KEPT = dt.timedelta(days=90)


def hour_of(instant: dt.datetime) -> dt.datetime:
    """The hour's beginning."""
    return instant.replace(minute=0, second=0, microsecond=0)


def add(counted: Counted) -> None:
    """Add to what the hours had."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    new = insert(HourlyFigure)
    total = {"count": HourlyFigure.count + new.excluded.count}
    statement = new.on_conflict_do_update(index_elements=[HourlyFigure.hour, HourlyFigure.event], set_=total)
    rows = [{"hour": hour, "event": event, "count": count} for (hour, event), count in sorted(counted.items())]
    db.session.execute(statement, rows)


def by_hour(events: tuple[str, ...], hours: int) -> dict[dt.datetime, Counted]:
    """For each of the last hours, the oldest first, how many of these acts it saw."""
    last = hour_of(clock.now())
    wanted = [last - dt.timedelta(hours=back) for back in reversed(range(hours))]
    found: dict[dt.datetime, Counted] = {hour: Counter() for hour in wanted}
    query = select(HourlyFigure).where(HourlyFigure.hour >= wanted[0], HourlyFigure.event.in_(events))
    for figure in db.session.scalars(query):
        if figure.hour in found:
            found[figure.hour][figure.hour, figure.event] = figure.count
    return found


def sweep(batch: int = 1000) -> int:
    """Delete figures older than three months, at most `batch`; how many. The worker's housekeeping."""
    old = select(HourlyFigure.hour, HourlyFigure.event).where(HourlyFigure.hour < clock.now() - KEPT).limit(batch)
    gone = delete(HourlyFigure).where(tuple_(HourlyFigure.hour, HourlyFigure.event).in_(old))
    return len(db.session.execute(gone.returning(HourlyFigure.hour)).all())
