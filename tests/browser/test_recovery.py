"""Lost and changed credentials in a real browser, with the mails and SMS that really left, with and without script."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.first_parent import MOBILE, PASSWORD
from tests.browser.town import Town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]  # A whole town opens first, on a machine that may be busy.

ADDRESS = "fatoumata.sow@example.net"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/\S+")


def logs_in(page: Page, town: Town, password: str) -> None:
    page.goto(f"{town.provider}/connexion")
    submits_login(page, password)


def submits_login(page: Page, password: str) -> None:
    page.get_by_label("Identifiant", exact=True).fill("f.sow1")
    page.get_by_label("Mot de passe", exact=True).fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").click()


def chooses(page: Page, password: str) -> None:
    page.get_by_label("Nouveau mot de passe", exact=True).fill(password)
    page.get_by_label("Confirmez le nouveau mot de passe").fill(password)


def loses_password(page: Page, town: Town) -> None:
    page.goto(f"{town.provider}/connexion")
    page.get_by_role("link", name="Mot de passe perdu").click()
    page.get_by_label("Identifiant", exact=True).fill("f.sow1")


def confirms_a_new_address(page: Page, town: Town) -> None:
    logs_in(page, town, PASSWORD)
    page.goto(f"{town.provider}/compte")
    page.get_by_role("link", name="Modifier mon adresse mail").click()
    page.get_by_label("Email", exact=True).fill(ADDRESS)
    page.get_by_label("Confirmez votre email").fill(ADDRESS)
    page.get_by_role("button", name="Envoyer").click()
    message = "La modification de votre adresse de messagerie a bien été prise en compte."
    expect(page.get_by_text(message)).to_be_visible()
    page.get_by_role("link", name="Modifier mon adresse mail").click()
    page.get_by_role("button", name="Renvoyer un email de validation").click()
    expect(page.get_by_text("L'email a été envoyé")).to_be_visible()
    page.goto(LINK.search(town.last_mail(ADDRESS, count=2)["text"]).group())
    page.get_by_role("button", name="Valider mon adresse mail").click()
    expect(page.get_by_role("heading", name="Votre adresse mail est validée")).to_be_visible()


def is_sent_the_identifiant(page: Page, town: Town) -> None:
    page.goto(f"{town.provider}/connexion")
    page.get_by_role("link", name="Identifiant oublié").click()
    page.get_by_label("Adresse mail").fill(ADDRESS)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("heading", name="Regardez vos courriels")).to_be_visible()
    assert "f.sow1" in town.last_mail(ADDRESS, count=3)["text"]


def resets_by_mail(page: Page, town: Town, password: str) -> None:
    loses_password(page, town)
    page.get_by_role("button", name="Recevoir un courriel").click()
    number = page.locator("#numero-de-la-demande strong").inner_text()
    mail = town.last_mail(ADDRESS, count=4)
    assert number in mail["text"]
    page.goto(LINK.search(mail["text"]).group())
    chooses(page, password)
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_text("Votre nouveau mot de passe est enregistré.")).to_be_visible()


def resets_by_sms(page: Page, town: Town, password: str) -> None:
    before = town.last_code(MOBILE)
    loses_password(page, town)
    page.get_by_role("button", name="Recevoir un SMS").click()
    page.get_by_label("Code de validation").fill(town.last_code(MOBILE, other_than=before))
    page.get_by_role("button", name="Valider").click()
    chooses(page, password)
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_text("Votre nouveau mot de passe est enregistré.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_parent_changes_her_address_then_loses_everything_and_gets_it_back(
    browser: Browser, town: Town, javascript: bool
) -> None:
    page = browser.new_context(java_script_enabled=javascript, locale="fr-FR").new_page()
    confirms_a_new_address(page, town)

    lost = browser.new_context(java_script_enabled=javascript, locale="fr-FR").new_page()
    is_sent_the_identifiant(lost, town)
    resets_by_mail(lost, town, "tulipes59")
    page.goto(f"{town.provider}/compte")
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
    resets_by_sms(lost, town, "jonquille7")
    submits_login(lost, "jonquille7")
    lost.goto(f"{town.provider}/compte")
    lost.get_by_role("link", name="Modifier mon mot de passe").click()
    lost.get_by_label("Mot de passe actuel").fill("jonquille7")
    chooses(lost, "pivoines31")
    if javascript:
        expect(lost.locator("#nouveau-mot-de-passe-regles li.ok")).to_have_count(4)
    lost.get_by_role("button", name="Envoyer").click()

    expect(lost.get_by_text("Il servira à votre prochaine connexion.")).to_be_visible()
    logs_in(page, town, "pivoines31")
    page.goto(f"{town.provider}/compte")
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
