"""From the letter of a school to an active account, and an account whose password leaked, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from idp import clock
from idp.accounts.letters import printing
from idp.accounts.models import Account
from idp.db import db
from idp.flows import new_password_due
from idp.flows.new_password_due import Pace
from tests.browser.account_site import WINDOWS, Site, last_link, logs_in, serve, window
from tests.journeys.conftest import BIRTH_DATES, LETTER, PASSWORD, add_child, add_responsable
from tests.ports import free_base

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ADDRESS, OTHER = "leila.haddad@example.org", "leila@example.net"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        yield running


def print_letter(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leïla's letter, with the provisional password of the tests; sheets have their own tests."""
    monkeypatch.setattr("idp.delivery.letters.make_pdf", lambda texts, settings: b"%PDF")
    with site.app.app_context():
        mother = add_responsable(first_name="Leïla", mobile="+33639985678")
        add_child(mother, "Alexis", BIRTH_DATES["Alexis"])
        db.session.commit()
        settings = site.app.config["IDP"]
        assert printing.print_letters([mother.id], settings, lambda pdf: None, printed_by="test", password=LETTER) == 1


def gives_address(page: Page, address: str) -> None:
    page.get_by_label("Email", exact=True).fill(address)
    page.get_by_label("Confirmez votre email").fill(address)
    with page.expect_navigation():
        page.get_by_role("button", name="Envoyer", exact=True).click()


def chooses(page: Page, password: str) -> None:
    page.get_by_label("Nouveau mot de passe", exact=True).fill(password)
    page.get_by_label("Confirmez le nouveau mot de passe").fill(password)


@WINDOWS
def test_a_letter_becomes_an_active_account(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, javascript: bool, width: int
) -> None:
    """Guide, «Parcours par notification» and «Vérification Mail»."""
    print_letter(site, monkeypatch)
    page = window(browser, javascript, width)

    logs_in(page, site, "l.durant1", LETTER)
    for label, value in (("Jour", "14"), ("Mois", "3"), ("Année", "2017")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_label("Confirmez le mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    gives_address(page, ADDRESS)
    expect(page.get_by_text(ADDRESS).first).to_be_visible()
    first = last_link(site, ADDRESS)

    # Before the click each login shows the address, which may be changed; then the first link is dead.
    logs_in(page, site, "l.durant1", PASSWORD)
    expect(page.get_by_label("Email", exact=True)).to_have_value(ADDRESS)
    gives_address(page, OTHER)
    page.goto(first)
    expect(page.get_by_role("heading", name="Ce lien ne marche plus")).to_be_visible()
    page.goto(last_link(site, OTHER))
    page.get_by_role("button", name="Valider mon adresse mail").click()
    expect(page.get_by_role("heading", name="Votre adresse mail est validée")).to_be_visible()
    logs_in(page, site, "l.durant1", PASSWORD)
    page.goto(f"{site.url}/compte")
    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@WINDOWS
def test_a_leaked_password_is_replaced_by_a_mail(browser: Browser, site: Site, javascript: bool, width: int) -> None:
    with site.app.app_context():
        owner = update(Account).where(Account.identifiant == "v.durant1")
        db.session.execute(owner.values(email=ADDRESS, email_key=ADDRESS, email_verified_at=clock.now()))
        for ids in new_password_due.all_ids(100):
            new_password_due.demand(ids, "leak 7", "test", Pace(3600))
        db.session.commit()
    page = window(browser, javascript, width)

    logs_in(page, site, "v.durant1", PASSWORD)
    expect(page.get_by_text("Ce mot de passe n’ouvre plus votre compte.")).to_be_visible()
    page.get_by_role("button", name="Recevoir un courriel").click()
    expect(page.get_by_role("heading", name="Regardez vos courriels")).to_be_visible()
    page.goto(last_link(site, ADDRESS))
    chooses(page, "tulipes59")
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_text("Votre nouveau mot de passe est enregistré.")).to_be_visible()
    logs_in(page, site, "v.durant1", "tulipes59")

    page.goto(f"{site.url}/compte")
    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
