"""«Essayer la connexion», against the provider of the demo."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.town import Town

pytestmark = pytest.mark.slow


def test_a_developer_sees_the_tokens_and_refreshes_them(browser: Browser, town: Town) -> None:
    """Without JavaScript, from the page for developers to the logout."""
    page = browser.new_context(java_script_enabled=False, locale="fr-FR").new_page()
    page.goto(f"{town.provider}/developpeurs")
    page.get_by_role("link", name="Essayer une connexion").click()
    page.get_by_label("eleves").check()
    page.get_by_label("offline_access").check()
    page.get_by_label("auth_time").check()
    page.get_by_label("Page à montrer").select_option("consent")
    page.get_by_role("button", name="Préparer la demande").click()
    page.get_by_role("link", name="Continuer vers le fournisseur").click()

    page.get_by_label("Identifiant").fill("f.sow1")
    page.get_by_label("Mot de passe", exact=True).fill("Rentree2017")
    page.get_by_role("button", name="Se connecter").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Autoriser").click()
    if page.get_by_role("link", name="Continuer vers").count():
        page.get_by_role("link", name="Continuer vers").click()

    expect(page.get_by_text("Signature vérifiée")).to_be_visible()
    expect(page.locator("#id-token")).to_contain_text('"auth_time"')
    expect(page.locator("#donnees")).to_contain_text('"eleves"')
    before = page.locator("#jetons pre").inner_text()
    page.get_by_role("button", name="Rafraîchir les jetons").click()
    expect(page.locator("#rafraichis")).to_have_text("Rafraîchis 1 fois")
    assert page.locator("#jetons pre").inner_text() != before
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Vous êtes déconnecté")).to_be_visible()
