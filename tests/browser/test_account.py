"""«Mon compte» in a real browser, with and without script; passkeys with Chromium's own authenticator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.account_site import Site, serve
from tests.journeys.conftest import PASSWORD
from tests.journeys.merger import OTHER_PASSWORD
from tests.pages.test_pages import faults
from tests.ports import free_base

pytestmark = pytest.mark.slow

SCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
ALL_LOOKS = [(width, scheme) for width in (1280, 320) for scheme in ("light", "dark")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        yield running


def window(browser: Browser, *, javascript: bool = True) -> Page:
    return browser.new_context(java_script_enabled=javascript, locale="fr-FR").new_page()


def logs_in(page: Page, site: Site, path: str = "/compte") -> None:
    page.goto(site.url + path)
    page.get_by_label("Identifiant").fill("v.durant1")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()


def add_authenticator(page: Page) -> tuple[Any, str]:
    """A device with a fingerprint reader that keeps keys; its finger is always there."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def adds_passkey(page: Page, name: str = "Ordinateur") -> None:
    page.get_by_role("link", name="Mes connexions").click()
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.get_by_label("Nom de cette clé").fill(name)
    page.get_by_role("button", name="Ajouter").click()


@SCRIPT
def test_a_parent_adds_the_children_of_another_account(browser: Browser, site: Site, javascript: bool) -> None:
    page = window(browser, javascript=javascript)
    logs_in(page, site, "/compte/enfants")

    page.get_by_role("link", name="Ajouter des enfants depuis un autre compte").click()
    page.get_by_label("Identifiant de l’autre compte").fill("v.durant2")
    page.get_by_label("Mot de passe de l’autre compte", exact=True).fill(OTHER_PASSWORD)
    page.get_by_role("button", name="Rechercher").click()
    expect(page.get_by_role("heading", name="DURAND Zoé")).to_be_visible()
    page.get_by_role("button", name="Ajouter").click()

    expect(page.get_by_text("Les comptes sont regroupés.")).to_be_visible()
    for name in ("Alexis", "Camille", "Zoé"):
        expect(page.get_by_role("heading", name=f"DURAND {name}")).to_be_visible()


@SCRIPT
def test_a_parent_signs_another_device_out(browser: Browser, site: Site, javascript: bool) -> None:
    forgotten, page = window(browser), window(browser, javascript=javascript)
    logs_in(forgotten, site)
    logs_in(page, site, "/compte/connexions")

    page.locator("#appareils").get_by_role("button").click()

    expect(page.get_by_text("L’appareil est déconnecté.")).to_be_visible()
    forgotten.reload()
    expect(forgotten.get_by_role("button", name="Se connecter", exact=True)).to_be_visible()


def test_a_parent_adds_a_passkey_and_logs_in_with_it(browser: Browser, site: Site) -> None:
    page = window(browser)
    add_authenticator(page)
    logs_in(page, site)

    adds_passkey(page)
    expect(page.get_by_text("La clé d’accès est ajoutée.")).to_be_visible()
    page.context.clear_cookies()
    page.goto(site.url + "/compte")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    expect(page.get_by_role("navigation", name="Mon compte")).to_be_visible()
    page.get_by_role("link", name="Mes connexions").click()
    expect(page.get_by_role("link", name="Ordinateur")).to_contain_text("Utilisée le")


def test_a_device_that_cannot_tell_its_owner_adds_no_passkey(browser: Browser, site: Site) -> None:
    """ATTACKS 107: user verification is required."""
    page = window(browser)
    session, authenticator = add_authenticator(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    logs_in(page, site)

    adds_passkey(page)

    expect(page.locator("#cle-echec")).to_be_visible()
    expect(page.get_by_role("button", name="Ajouter")).to_be_enabled()


def test_a_removed_passkey_says_so_at_the_login(browser: Browser, site: Site) -> None:
    page = window(browser)
    add_authenticator(page)
    logs_in(page, site)
    adds_passkey(page)
    page.get_by_role("link", name="Ordinateur").click()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("La clé d’accès est supprimée.")).to_be_visible()
    page.context.clear_cookies()
    page.goto(site.url + "/compte")

    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    expect(page.get_by_text("Cette clé d’accès n’ouvre pas de compte ici.")).to_be_visible()


def test_the_same_device_is_not_added_twice(browser: Browser, site: Site) -> None:
    page = window(browser)
    add_authenticator(page)
    logs_in(page, site)
    adds_passkey(page)
    expect(page.get_by_text("La clé d’accès est ajoutée.")).to_be_visible()

    adds_passkey(page, "Encore")

    expect(page.locator("#cle-echec")).to_be_visible()


def test_pages_with_passkeys_are_accessible_and_fit(browser: Browser, site: Site) -> None:
    page = window(browser)
    add_authenticator(page)
    page.goto(site.url + "/connexion")
    found = [fault for look in ALL_LOOKS for fault in faults(page, "connexion-cle", *look)]
    logs_in(page, site)
    adds_passkey(page)
    expect(page.get_by_role("link", name="Ordinateur")).to_be_visible()
    found += [fault for look in ALL_LOOKS for fault in faults(page, "compte-connexions-cle", *look)]
    page.get_by_role("link", name="Ordinateur").click()
    page.wait_for_url("**/cles/*")
    found += [fault for look in ALL_LOOKS for fault in faults(page, "compte-cle", *look)]
    page.goto(site.url + "/compte/connexions/cles/ajouter")
    found += [fault for look in ALL_LOOKS for fault in faults(page, "compte-cle-ajouter", *look)]

    assert found == []
