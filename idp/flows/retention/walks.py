"""All accounts and school records, walked through by id in batches: who left is noticed, old records go."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from idp import clock
from idp.accounts.letters.models import Letter
from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.flows.retention import departures
from idp.registry import forgetting
from idp.registry.models import Pupil, Responsable
from idp.settings import Settings

Step = Callable[[Sequence[str], Settings], int]


def notice_departures(ids: Sequence[str], settings: Settings) -> int:
    """Who has no child in a school any more, and who has one again."""
    departures.notice(ids)
    return 0


def forget_pupils(ids: Sequence[str], settings: Settings) -> int:
    """Pupils that no school's file holds any more."""
    return forgetting.forget_pupils(ids, _before(settings))


def forget_responsables(ids: Sequence[str], settings: Settings) -> int:
    """Responsables that no school's file holds any more, unless an account or a letter is theirs."""
    held = or_(
        exists().where(AccountResponsable.responsable_id == Responsable.id),
        exists().where(Letter.responsable_id == Responsable.id),
    )
    return forgetting.forget_responsables(ids, _before(settings), held)


WALKS: dict[str, tuple[InstrumentedAttribute[Any], Step]] = {
    "departures": (Account.id, notice_departures),
    "pupils": (Pupil.id, forget_pupils),
    "responsables": (Responsable.id, forget_responsables),
}


def walk(key: InstrumentedAttribute[Any], step: Step, settings: Settings) -> Iterator[int]:
    """One step a batch, each in a transaction of its own that the caller commits; how many rows each deleted."""
    last = ""
    while ids := list(db.session.scalars(select(key).where(key > last).order_by(key).limit(settings.retention.batch))):
        yield step(ids, settings)
        last = ids[-1]


def _before(settings: Settings) -> dt.datetime:
    return clock.now() - dt.timedelta(days=settings.retention.school_record_days)
