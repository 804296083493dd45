"""A real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser that `make test` found or installed."""
    kept = Path(__file__).resolve().parents[2] / ".venv" / "browser"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=kept.read_text(), args=QUIET)
        yield chromium
        chromium.close()
