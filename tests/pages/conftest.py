"""The table's people and programs, and a browser that is shown each answer as it was given."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route
from werkzeug.test import Client, TestResponse

from idp.settings import FranceConnect, Settings
from tests.clients.conftest import lsu, lsu_config, portal, portal_config, provider, tryit  # noqa: F401
from tests.consoles.conftest import administrator, head, hire, invite, schools, support  # noqa: F401
from tests.journeys.conftest import (  # noqa: F401
    add_father,
    add_second_school,
    add_zoe,
    another_browser,
    family,
    mail_reader,
    parent,
    print_letters,
    reader,
)
from tests.pages.franceconnect import ISSUER
from tests.pages.town import Town


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """FranceConnect is on, at an address that nobody asks."""
    fc = FranceConnect(issuer=ISSUER, client_id="a" * 64, client_secret="b" * 64)
    return msgspec.structs.replace(settings, franceconnect=fc)


@pytest.fixture
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Town:
    return Town(request, tmp_path)


Show = Callable[[Client, TestResponse], Page]


@pytest.fixture(scope="session")
def only_window(chromium: Browser) -> Iterator[Page]:
    """One for every page, since each new one is a process that compiles axe again."""
    context = chromium.new_context(locale="fr-FR")
    yield context.new_page()
    context.close()


@pytest.fixture
def window(only_window: Page) -> Iterator[Page]:
    """An empty window that remembers nothing of the test before."""
    yield only_window
    only_window.unroute_all()
    only_window.goto("about:blank")
    only_window.context.clear_cookies()


@pytest.fixture
def show(window: Page) -> Show:
    """Shows an answer in the window, where the application itself answers every address: no server, no network."""

    def open_page(client: Client, answer: TestResponse) -> Page:
        def reply(route: Route) -> None:
            address = urlsplit(route.request.url)
            first = route.request.is_navigation_request()
            given = answer if first else client.get(f"{address.path}?{address.query}")
            route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.data)

        window.unroute_all()
        window.route("**/*", reply)
        window.goto(answer.request.url)
        return window

    return open_page
