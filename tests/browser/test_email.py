"""An address that is changed by a stranger, and one that mails come back from, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from idp import clock
from idp.accounts.models import Account
from idp.db import db
from tests.browser.account_site import WINDOWS, Site, last_link, logs_in, serve, window
from tests.journeys.conftest import PASSWORD
from tests.ports import free_base

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ADDRESS, STRANGE = "valery.durant@example.org", "inconnu@example.net"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        owner_has(running, email=ADDRESS, email_key=ADDRESS, email_verified_at=clock.now())
        yield running


def owner_has(site: Site, **values: object) -> None:
    with site.app.app_context():
        db.session.execute(update(Account).where(Account.identifiant == "v.durant1").values(**values))
        db.session.commit()


@WINDOWS
def test_the_owner_stops_a_change_of_address(browser: Browser, site: Site, javascript: bool, width: int) -> None:
    """Guide, «Comment modifier votre adresse mail ?»: the old address is told, and may say «Ce n’est pas moi»."""
    stranger, owner = (window(browser, javascript, width) for _ in range(2))
    logs_in(stranger, site, "v.durant1", PASSWORD)
    stranger.goto(f"{site.url}/compte/adresse-mail")
    stranger.get_by_label("Email", exact=True).fill(STRANGE)
    stranger.get_by_label("Confirmez votre email").fill(STRANGE)
    stranger.get_by_role("button", name="Envoyer", exact=True).click()
    expect(stranger.get_by_text("bien été prise en compte")).to_be_visible()
    validation = last_link(site, STRANGE)

    owner.goto(last_link(site, ADDRESS))
    owner.get_by_role("button", name="Ce n’est pas moi").click()
    expect(owner.get_by_role("heading", name="Votre compte est protégé")).to_be_visible()
    assert owner.evaluate("document.documentElement.scrollWidth") <= width

    stranger.goto(f"{site.url}/compte")
    expect(stranger.get_by_role("button", name="Se connecter", exact=True)).to_be_visible()
    stranger.goto(validation)
    expect(stranger.get_by_role("heading", name="Ce lien ne marche plus")).to_be_visible()


@WINDOWS
def test_an_address_that_mails_come_back_from_is_replaced_at_login(
    browser: Browser, site: Site, javascript: bool, width: int
) -> None:
    """Guide, «Vérification Mail»."""
    owner_has(site, email_bounced_at=clock.now())
    page = window(browser, javascript, width)

    logs_in(page, site, "v.durant1", PASSWORD)
    expect(page.get_by_text("Nos courriels ne vous arrivent plus.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Email", exact=True).fill("valery@example.com")
    page.get_by_label("Confirmez votre email").fill("valery@example.com")
    page.get_by_role("button", name="Envoyer", exact=True).click()
    expect(page.get_by_text("valery@example.com").first).to_be_visible()

    page.goto(last_link(site, "valery@example.com"))
    page.get_by_role("button", name="Valider mon adresse mail").click()
    expect(page.get_by_role("heading", name="Votre adresse mail est validée")).to_be_visible()
    logs_in(page, site, "v.durant1", PASSWORD)
    page.goto(f"{site.url}/compte")
    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()
