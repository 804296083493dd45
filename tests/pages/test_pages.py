"""Every page of the table: axe finds nothing and nothing scrolls sideways, at 1280 and 320 px, light and dark.

With SCREENSHOTS in the environment (`make screenshots`), each page is drawn into that folder.
"""

import os
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT as AXE
from playwright.sync_api import Page as Window

from tests.pages.conftest import Show
from tests.pages.table import PAGES, Page
from tests.pages.town import Town

pytestmark = pytest.mark.slow

WIDTHS = (1280, 320)
SCHEMES = ("light", "dark")
MARKS = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}}}
"""axe's own marks, and 7:1 for the contrast of text (DESIGN)."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_accessible_and_fits(page: Page, town: Town, show: Show) -> None:
    sight = page.reach(town)
    window = show(sight.browser, sight.page)

    found = [fault for width in WIDTHS for scheme in SCHEMES for fault in faults(window, page.name, width, scheme)]

    assert found == []


def faults(window: Window, name: str, width: int, scheme: str) -> list[str]:
    """What is wrong with the page at that width and in that scheme, in words."""
    window.set_viewport_size({"width": width, "height": 800})
    window.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    if folder := os.environ.get("SCREENSHOTS"):
        window.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    where = f"{name} at {width} px, {scheme}"
    wide = window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    scrolls = [f"{where}: scrolls sideways by {wide} px"] if wide > 0 else []
    if not window.evaluate("'axe' in window"):
        window.evaluate(AXE)
    violations = window.evaluate("marks => axe.run(marks).then((found) => found.violations)", MARKS)
    return scrolls + [f"{where}: {v['id']}: {[node['target'] for node in v['nodes']]}" for v in violations]


def test_names_are_unique() -> None:
    assert len({page.name for page in PAGES}) == len(PAGES)
