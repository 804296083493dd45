"""All schools, accounts and school records, walked through by id in batches: who left is noticed, old records go."""

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
from idp.registry import finished_years, forgetting
from idp.registry.models import Pupil, Responsable, School
from idp.settings import Settings

Step = Callable[[Sequence[str], Settings], Iterator[int]]
"""What is done for a batch of ids: how many rows, each time that the transaction may be committed."""


def end_unrenewed(uais: Sequence[str], settings: Settings) -> Iterator[int]:
    """Pupils and responsables of schools that stopped sending files."""
    yield from finished_years.end_unrenewed(uais, settings.retention.unrenewed_days, settings.retention.batch)


def forget_imports(uais: Sequence[str], settings: Settings) -> Iterator[int]:
    """What imports touched, and corrections that the school's file has overtaken."""
    before = clock.now() - dt.timedelta(days=settings.retention.import_days)
    for forget in (forgetting.forget_imports, forgetting.forget_corrections):
        while count := forget(uais, before, settings.retention.batch):
            yield count


def notice_departures(ids: Sequence[str], settings: Settings) -> Iterator[int]:
    """Who has no child in a school any more, and who has one again."""
    departures.notice(ids)
    yield 0


def forget_pupils(ids: Sequence[str], settings: Settings) -> Iterator[int]:
    """Pupils that no school's file holds any more."""
    yield forgetting.forget_pupils(ids, _before(settings))


def forget_responsables(ids: Sequence[str], settings: Settings) -> Iterator[int]:
    """Responsables that no school's file holds any more, unless an account or a letter is theirs."""
    held = or_(
        exists().where(AccountResponsable.responsable_id == Responsable.id),
        exists().where(Letter.responsable_id == Responsable.id),
    )
    yield forgetting.forget_responsables(ids, _before(settings), held)


WALKS: dict[str, tuple[InstrumentedAttribute[Any], Step]] = {
    "unrenewed_records": (School.uai, end_unrenewed),
    "import_rows": (School.uai, forget_imports),
    "departures": (Account.id, notice_departures),
    "pupils": (Pupil.id, forget_pupils),
    "responsables": (Responsable.id, forget_responsables),
}


def walk(key: InstrumentedAttribute[Any], step: Step, settings: Settings) -> Iterator[int]:
    """Every step of every batch, each in a transaction that the caller commits; how many rows."""
    last = ""
    while ids := list(db.session.scalars(select(key).where(key > last).order_by(key).limit(settings.retention.batch))):
        yield from step(ids, settings)
        last = ids[-1]


def _before(settings: Settings) -> dt.datetime:
    return clock.now() - dt.timedelta(days=settings.retention.school_record_days)
