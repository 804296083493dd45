"""Guesses that come at the same instant, each from a flow of its own, on both databases (ATTACKS 82)."""

import datetime as dt

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.flows import birth_dates, codes
from idp.settings import Settings
from tests.conftest import BOTH_DATABASES
from tests.journeys.at_once import at_once, meet
from tests.journeys.conftest import BIRTH_DATES, Parent

WRONG = [BIRTH_DATES | {"Alexis": dt.date(2017, 3, day)} for day in (1, 2, 3, 4)]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, sms=replace(settings.sms, tries_per_number_per_day=1))


def events(app, name):
    with app.app_context():
        return len(db.session.scalars(select(AuditEntry).where(AuditEntry.event == name)).all())


@BOTH_DATABASES
def test_of_dates_guessed_at_once_no_more_are_looked_at_than_tries_are_left(app, clock, family, monkeypatch):
    """ATTACKS 85."""
    people = [Parent(app).until_dates() for _flow in range(3)]
    for dates in WRONG:
        people[0].enters_dates(dates)
    meet(monkeypatch, birth_dates, "check_bar", len(people))

    at_once([lambda p=p, day=day: p.enters_dates(BIRTH_DATES | {"Alexis": dt.date(2017, 3, day)})
             for p, day in zip(people, (5, 6, 7), strict=True)])  # fmt: skip

    assert all(p.sees("Les dates de naissance étaient incorrectes trop de fois.") for p in people)
    assert (events(app, "registration.wrong_dates"), events(app, "registration.barred")) == (4, 1)


@BOTH_DATABASES
def test_of_codes_guessed_at_once_no_more_are_looked_at_than_tries_are_left(app, clock, family, monkeypatch):
    """ATTACKS 84."""
    people = [Parent(app).until_code() for _flow in range(3)]
    wrong = next(
        code for code in map(str, range(100_000, 100_009)) if code not in {text[-6:] for text in people[0].sms()}
    )
    meet(monkeypatch, codes, "_digest", len(people))

    at_once([lambda p=p: p.enters_code(wrong) for p in people])

    assert events(app, "code.wrong") == 1
