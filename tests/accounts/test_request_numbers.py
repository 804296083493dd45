"""The number of a request tells its minute, and nothing that opens anything."""

import datetime as dt

import pytest

from idp.accounts import request_numbers
from tests.conftest import Clock

INSTANTS = [
    dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2028, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
]


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_a_request_is_noted_within_the_minutes_that_its_number_tells(clock: Clock, instant: dt.datetime) -> None:
    clock.set(instant)

    begun, ended = request_numbers.made_between(request_numbers.new())

    assert begun <= instant < ended
    assert ended - begun <= dt.timedelta(minutes=5)


def test_two_requests_of_a_minute_have_two_numbers(clock: Clock) -> None:
    assert len({request_numbers.new() for _ in range(20)}) > 15


@pytest.mark.parametrize("typed", ["2026-418-207-55", "06 39 98 12 34", "2026-418-207-5533", "durant", "²026418207553"])
def test_what_is_no_number_of_a_request_is_not_taken_for_one(typed: str) -> None:
    assert request_numbers.read(typed) is None
