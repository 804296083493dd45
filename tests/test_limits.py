import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp import limits
from idp.db import db
from idp.limits import AddressLimits, Counter

on_both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def hit(amount: int = 1, key: str = "sms:number:+33639981234") -> bool:
    return limits.hit(key, limit=3, window_seconds=3600, amount=amount)


@on_both_databases
def test_hits_pass_up_to_the_limit(database: Flask, clock) -> None:
    assert [hit() for _ in range(5)] == [True, True, True, False, False]


@on_both_databases
def test_keys_are_counted_apart(database: Flask, clock) -> None:
    hit(3)

    assert hit(key="sms:number:+33639985678")


@on_both_databases
def test_a_new_window_opens_when_the_old_one_ended(database: Flask, clock) -> None:
    hit(3)
    clock.advance(seconds=3599)
    refused = hit()
    clock.advance(seconds=1)

    assert (refused, hit()) == (False, True)
    assert limits.used("sms:number:+33639981234") == 1


@on_both_databases
def test_refused_hits_do_not_lengthen_the_wait(database: Flask, clock) -> None:
    hit(3)
    clock.advance(seconds=3000)
    hit()

    assert limits.seconds_left("sms:number:+33639981234") == 600


@on_both_databases
def test_what_does_not_fit_is_refused_whole(database: Flask, clock) -> None:
    assert [hit(4), hit(2), hit(2), hit(1)] == [False, True, False, True]


@on_both_databases
def test_a_key_never_hit_has_nothing_left_to_wait(database: Flask, clock) -> None:
    assert limits.seconds_left("login:nobody") == 0


@on_both_databases
def test_clearing_lifts_the_limit(database: Flask, clock) -> None:
    hit(3)

    limits.clear("sms:number:+33639981234")

    assert hit()


@on_both_databases
def test_sweeping_deletes_ended_windows_only(database: Flask, clock) -> None:
    hit(key="old")
    clock.advance(seconds=3600)
    hit(key="new")

    assert limits.sweep() == 1
    assert db.session.scalar(select(func.count()).select_from(Counter)) == 1


@on_both_databases
def test_the_key_is_not_readable_in_the_table(database: Flask, clock) -> None:
    hit()

    assert b"639981234" not in db.session.scalars(select(Counter.key)).one()


@on_both_databases
def test_parallel_hits_never_pass_the_limit_together(app: Flask) -> None:
    """A trap of limits: counters in the memory of one process are not shared."""
    outcomes: list[bool] = []

    def request() -> None:
        with app.app_context():
            outcomes.append(limits.hit("budget", limit=5, window_seconds=3600))
            db.session.commit()

    threads = [threading.Thread(target=request) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(outcomes) == 5


def test_an_address_is_counted_in_memory() -> None:
    counted = AddressLimits("memory://")

    outcomes = [counted.hit("login", "192.0.2.1", limit=2, window_seconds=60) for _ in range(3)]

    assert outcomes == [True, True, False]
    assert counted.hit("login", "192.0.2.2", limit=2, window_seconds=60)


def test_address_limits_fail_open_with_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    counted = AddressLimits("redis://127.0.0.1:1")

    outcomes = [counted.hit("login", "192.0.2.1", limit=1, window_seconds=60) for _ in range(3)]

    assert outcomes == [True, True, True]
    assert capsys.readouterr().out.count("address_limits_store_down") == 1


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("x" * 5000, "unknown"),
    ],
)
def test_one_household_is_one_address(address: str, counted_as: str) -> None:
    assert limits.network(address) == counted_as
