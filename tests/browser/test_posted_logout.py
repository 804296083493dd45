"""A form that another site sends to the logout, in a real browser with its rules for cookies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.account_site import WINDOWS, Site, logs_in, serve, window
from tests.journeys.conftest import PASSWORD
from tests.peer import listening
from tests.ports import free_base

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        yield running


@WINDOWS
def test_a_stranger_s_form_ends_no_session_unasked(browser: Browser, site: Site, javascript: bool, width: int) -> None:
    """ATTACKS 63."""
    page = window(browser, javascript, width)
    logs_in(page, site, "v.durant1", PASSWORD)
    form = f'<!doctype html><form method="post" action="{site.url}/end_session"><button>Gagnez</button></form>'
    with listening() as stranger:
        stranger.answer("/", form, Content_Type="text/html; charset=utf-8")
        page.goto(stranger.url)
        page.get_by_role("button", name="Gagnez").click()
        expect(page.locator("#logout-confirm")).to_be_visible()

    page.goto(f"{site.url}/compte")
    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()
