"""The consoles in a real browser: the way in from an invitation, and what a school head does every week."""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pypdf import PdfReader

from idp import clock
from idp.db import db
from idp.staff import invitations, service
from idp.staff.models import Role
from tests.browser.account_site import Site, serve
from tests.browser.test_account import SCRIPT, add_authenticator, window
from tests.consoles.conftest import SCHOOL, code_at
from tests.pages.consoles import SAMPLES
from tests.ports import free_base

pytestmark = pytest.mark.slow

PASSWORD = "un-nouveau-mot-de-passe"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path, free_base()) as running:
        yield running


def opens_invitation(
    page: Page, site: Site, role: Role = "school_head", uais: Sequence[str] = (SCHOOL,), login: str = "directrice"
) -> None:
    """A new colleague's link, a head's unless told, and the password that comes first."""
    with site.app.app_context():
        staff = service.add(login, "Mme la directrice", role, uais=uais, by="test")
        token = invitations.make(staff, "account", site.app.config["IDP"].staff, by="test")
        db.session.commit()
    page.goto(f"{site.url}/gestion/invitation/{token}")
    page.get_by_label("Nouveau mot de passe", exact=True).fill(PASSWORD)
    page.get_by_label("Confirmez le nouveau mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()


def sets_up_application(page: Page) -> list[str]:
    """The recovery codes that are shown in the end."""
    page.get_by_role("link", name="Une application qui donne des codes").click()
    secret = page.locator("#totp-cle").inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(code_at(secret, clock.now()))
    page.get_by_role("button", name="Valider").click()
    codes = page.locator("#codes-de-secours li")
    expect(codes).to_have_count(10)
    return codes.all_inner_texts()


def gives_password(page: Page) -> None:
    page.get_by_label("Identifiant").fill("directrice")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()


def test_a_new_head_comes_in_by_a_passkey_and_logs_in_with_it(browser: Browser, site: Site) -> None:
    page = window(browser)
    add_authenticator(page)
    opens_invitation(page, site)

    page.get_by_role("link", name="Une clé d’accès de cet appareil").click()
    page.get_by_label("Nom de cette clé").fill("Ordinateur du bureau")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.locator("#codes-de-secours li")).to_have_count(10)
    page.get_by_role("link", name="J’ai noté mes codes").click()
    expect(page.get_by_role("heading", name="Familles", exact=True)).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").click()
    gives_password(page)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()

    expect(page.get_by_role("heading", name="Familles", exact=True)).to_be_visible()


@SCRIPT
def test_a_head_who_lost_the_telephone_comes_in_by_a_recovery_code(
    browser: Browser, site: Site, javascript: bool
) -> None:
    page = window(browser, javascript=javascript)
    opens_invitation(page, site)
    code = sets_up_application(page)[0]
    page.get_by_role("link", name="J’ai noté mes codes").click()
    page.get_by_role("button", name="Se déconnecter").click()

    gives_password(page)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Valider").click()

    expect(page.get_by_role("heading", name="Familles", exact=True)).to_be_visible()
    page.get_by_role("link", name="Mme la directrice").click()
    expect(page.get_by_text("9", exact=True)).to_be_visible()


def agrees_to_departures(page: Page, site: Site) -> None:
    """The second person: an administrator, in a browser of their own."""
    opens_invitation(page, site, "administrator", (), login="administrateur")
    sets_up_application(page)
    page.get_by_role("link", name="J’ai noté mes codes").click()
    page.get_by_role("link", name="Écoles").click()
    page.get_by_role("link", name=f"Décider pour {SCHOOL}").click()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_text("C’est fait, et noté.")).to_be_visible()


@SCRIPT
def test_a_head_sends_the_file_prints_letters_and_corrects_a_date(
    browser: Browser, site: Site, javascript: bool
) -> None:
    page = window(browser, javascript=javascript)
    opens_invitation(page, site)
    sets_up_application(page)
    page.get_by_role("link", name="J’ai noté mes codes").click()

    page.get_by_role("link", name="Fichier de l’école").click()
    files = [SAMPLES / "onde" / f"CSVExtraction-{kind}.csv" for kind in ("eleves", "responsables")]
    page.get_by_label("Fichiers des élèves et des responsables").set_input_files(files)
    page.get_by_role("button", name="Voir ce qui change").click()
    page.get_by_label("Si c’est voulu, écrivez l’UAI de l’école").fill(SCHOOL)
    page.get_by_role("button", name="Voir ce qui change").click()
    expect(page.get_by_text("Rien n’est encore écrit.")).to_be_visible()
    page.get_by_role("button", name="Oui, et demander l’accord d’un administrateur").click()
    expect(page.get_by_text("Un fichier attend l’accord d’un administrateur")).to_be_visible()
    agrees_to_departures(window(browser, javascript=javascript), site)

    page.get_by_role("link", name="Courriers").click()
    page.get_by_label("Classe").select_option("GS Mme Morel")
    with page.expect_download() as letters:
        page.get_by_role("button", name="Imprimer (PDF)").click()
    text = PdfReader(io.BytesIO(Path(letters.value.path()).read_bytes())).pages[0].extract_text()
    assert re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", text)

    page.get_by_role("link", name="Élèves").click()
    page.get_by_label("Nom ou prénom").fill("yan")
    if not javascript:
        page.get_by_role("button", name="Rechercher").click()
    expect(page.locator("#resultats tbody tr")).to_have_count(1)
    page.locator("#resultats tbody a").click()
    page.get_by_role("link", name="Corriger la date de naissance").click()
    page.get_by_label("Jour").fill("9")
    page.get_by_label("J’ai vu un document, ou la famille est devant moi").check()
    page.get_by_role("button", name="Enregistrer la correction").click()

    expect(page.get_by_text("La correction est enregistrée.")).to_be_visible()
    expect(page.get_by_text("en vigueur", exact=True)).to_be_visible()


def test_what_was_typed_before_the_script_came_is_searched_too(browser: Browser, site: Site) -> None:
    page = window(browser)
    opens_invitation(page, site)
    sets_up_application(page)
    page.get_by_role("link", name="J’ai noté mes codes").click()
    pupils = page.get_by_role("link", name="Élèves", exact=True).get_attribute("href")
    held: list[Route] = []
    page.route("**/consoles.js*", lambda route: held.append(route))

    with page.expect_request("**/consoles.js*"):
        page.goto(f"{site.url}{pupils}", wait_until="commit")
    page.get_by_label("Nom ou prénom").fill("introuvable")
    held[0].continue_()

    expect(page.locator("#resultats tbody tr")).to_have_count(0)
    expect(page).to_have_url(re.compile("introuvable"))


@pytest.fixture
def administrators_page(browser: Browser, site: Site) -> Page:
    """A window in which an administrator is logged in."""
    page = window(browser)
    opens_invitation(page, site, "administrator", ())
    sets_up_application(page)
    page.get_by_role("link", name="J’ai noté mes codes").click()
    return page


def test_the_form_of_an_application_says_what_is_wrong_as_one_types(administrators_page: Page, site: Site) -> None:
    page, told = administrators_page, administrators_page.locator("#verification")
    page.goto(f"{site.url}/gestion/applications/nouvelle")
    page.get_by_label("Nom montré aux parents").fill("Cantine")

    page.get_by_label("Adresses de retour").fill("https://cantine.example.fr/retour#morceau")
    expect(told.get_by_text("Ce qui ne va pas encore")).to_be_visible()
    expect(told.get_by_role("link", name="redirect_uris")).to_be_visible()
    page.get_by_label("Adresses de retour").fill("https://cantine.example.fr/retour")
    expect(told.get_by_role("link", name="redirect_uris")).to_have_count(0)
    page.get_by_label("email : adresse mail").check()

    expect(told.get_by_text("email_verified")).to_be_visible()


@pytest.mark.parametrize("field", ["text", "box", "choice"])
def test_what_was_changed_before_the_script_came_is_looked_at_too(
    administrators_page: Page, site: Site, field: str
) -> None:
    page, told, held = administrators_page, administrators_page.locator("#verification"), list[Route]()
    page.route("**/client_form.js*", lambda route: held.append(route))

    with page.expect_request("**/client_form.js*"):
        page.goto(f"{site.url}/gestion/applications/nouvelle", wait_until="commit")
    if field == "text":
        page.get_by_label("Adresses de retour").fill("https://cantine.example.fr/retour")
    elif field == "box":
        page.get_by_label("email : adresse mail").check()
    else:
        page.get_by_label("Signature des ID tokens").select_option("PS256")
    held[0].continue_()

    expect(told.get_by_text("Ce qui ne va pas encore")).to_be_visible()
