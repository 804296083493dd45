"""The first whole path: a parent without an account comes from the portal, registers by SMS and saves a report."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.town import Town

pytestmark = pytest.mark.slow


def registers(page: Page, town: Town) -> None:
    page.goto(town.portal)
    if page.get_by_role("link", name="Se connecter").count():
        page.get_by_role("link", name="Se connecter").first.click()
    page.get_by_role("link", name="Je n’ai pas de compte").click()
    page.get_by_label("Nom", exact=True).fill("Durant")
    page.get_by_label("Prénom").fill("valery")
    page.get_by_label("Numéro de téléphone mobile").fill("06 39 98 12 34")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Code de validation").fill(town.last_code("+33639981234"))
    page.get_by_role("button", name="Valider").click()
    for first_name, (day, month, year) in {"Alexis": ("14", "3", "2017"), "Camille": ("22", "6", "2014")}.items():
        child = page.get_by_role("group", name=first_name)
        child.get_by_label("Jour").fill(day)
        child.get_by_label("Mois").fill(month)
        child.get_by_label("Année").fill(year)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("v.durant1").first).to_be_visible()
    page.get_by_label("Mot de passe", exact=True).fill("Tulipes59")
    page.get_by_label("Confirmez le mot de passe").fill("Tulipes59")
    with page.expect_navigation():
        page.get_by_role("button", name="Terminer").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_parent_registers_and_saves_the_report(browser: Browser, town: Town, javascript: bool) -> None:
    """A trap of Chromium: `form-action` breaks the redirect from our form to a service."""
    page = browser.new_context(java_script_enabled=javascript, locale="fr-FR").new_page()

    registers(page, town)
    onward = page.get_by_role("link", name="Continuer vers")
    if onward.count():
        onward.click()
    expect(page.get_by_role("heading", name="DURAND Alexis")).to_be_visible()
    tile = page.get_by_role("link", name="Livret Scolaire (CP - 3e)").first
    assert tile.locator("img").evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
    tile.click()
    expect(page.get_by_role("heading", name="Bilans pour")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Enregistrer").first.click()

    assert download.value.path().read_bytes().startswith(b"%PDF-")

    page.get_by_role("link", name="Retour au portail").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Vous êtes déconnecté")).to_be_visible()
    assert town.ends_the_session_of(page, town.url(2))
