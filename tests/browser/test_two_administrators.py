"""What takes two administrators, in two real browsers, by keyboard alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from idp import clock
from idp.db import db
from idp.staff import service
from idp.staff.models import Role
from tests.browser.account_site import Site, serve
from tests.browser.test_account import SCRIPT, window
from tests.consoles.conftest import SECRET, code_at
from tests.ports import free_base

pytestmark = pytest.mark.slow

PASSWORD = "un-nouveau-mot-de-passe"
MOST_TABS = 60


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        yield running


def employ(site: Site, login: str, role: Role, academie: str = "") -> None:
    with site.app.app_context():
        staff = service.add(login, f"Mme {login.title()}", role, academie=academie, by="test")
        staff.password_hash = service.hash_password(PASSWORD, site.app.config["IDP"].passwords)
        staff.totp = {"secret": SECRET}
        db.session.commit()


def logs_in(page: Page, site: Site, login: str) -> Page:
    page.goto(f"{site.url}/gestion/personnel")
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code", exact=True).fill(code_at(SECRET, clock.now()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Personnel", exact=True)).to_be_visible()
    return page


def presses(page: Page, words: str) -> None:
    """Tabs to what says these words, and presses Enter there."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if [" ".join(text.split()) for text in page.locator(":focus").all_inner_texts()] == [words]:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    pytest.fail(f"the keyboard does not come to «{words}»")


@SCRIPT
def test_one_asks_for_a_reset_and_the_other_accepts_it_by_keyboard(
    browser: Browser, site: Site, javascript: bool
) -> None:
    for login in ("anne", "bruno"):
        employ(site, login, "administrator")
    employ(site, "claire", "support", academie="Lille")
    anne = logs_in(window(browser, javascript=javascript), site, "anne")

    presses(anne, "claire")
    presses(anne, "Effacer le second facteur")
    presses(anne, "Demander")
    expect(anne.get_by_text("La demande attend un second administrateur.")).to_be_visible()
    presses(anne, "Effacer le second facteur : Mme Claire")
    expect(anne.get_by_role("button", name="Accepter")).to_have_count(0)

    bruno = logs_in(window(browser, javascript=javascript), site, "bruno")
    presses(bruno, "Effacer le second facteur : Mme Claire")
    presses(bruno, "Accepter")

    expect(bruno.locator("#lien")).to_have_text(re.compile("/gestion/invitation/"))
    anne.reload()
    expect(anne.get_by_role("heading", name="Cette demande n’attend plus")).to_be_visible()
