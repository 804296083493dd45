"""J4 in a real browser, with FranceConnect's stand-in: what a parent meets from the button to the way out."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from idp.accounts import passwords, service
from idp.accounts.models import Account
from idp.db import db
from idp.registry.models import Responsable
from tests.browser.franceconnect_site import ALEXIS_AND_CAMILLE, Site, Walk, serve
from tests.franceconnect.upstream import Simulator, running
from tests.journeys.conftest import PASSWORD
from tests.made_once import SqliteTemplate
from tests.ports import free_base

pytestmark = pytest.mark.slow

WIDTHS = pytest.mark.parametrize("width", [1280, 320])
ZOE = {"Zoé": dt.date(2019, 5, 2)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Simulator]]:
    """The port of the provider, and FranceConnect, which knows it."""
    port = free_base()
    with running(tmp_path_factory.mktemp("franceconnect"), f"http://127.0.0.1:{port}") as simulator:
        yield port, simulator


@pytest.fixture
def site(
    tmp_path: Path, place: tuple[int, Simulator], key_files: Path, sqlite_template: SqliteTemplate
) -> Iterator[Site]:
    """Valéry DURANT and her two children are known to a school."""
    port, simulator = place
    simulator.mend()
    with serve(tmp_path, port, simulator, key_files, sqlite_template) as running_site:
        running_site.add_adult("Valéry DURANT", "+33639981234", ALEXIS_AND_CAMILLE, civility="MME")
        yield running_site


Opens = Callable[..., Walk]


@pytest.fixture
def opens(browser: Browser, site: Site) -> Opens:
    """A new device, of that width."""

    def open_window(width: int = 320) -> Walk:
        context = browser.new_context(locale="fr-FR", viewport={"width": width, "height": 800})
        return Walk(context.new_page(), site)

    return open_window


@pytest.fixture
def known(site: Site) -> str:
    """Valéry DURANT has an account already; its identifiant."""
    with site.app.app_context():
        mother = list(db.session.scalars(select(Responsable)))
        account = service.create(mother, password_hash=passwords.hash(PASSWORD, site.app.config["IDP"].passwords))
        db.session.commit()
        return account.identifiant


def registers(walk: Walk) -> Walk:
    return walk.comes_by_franceconnect().gives_mobile().types_code().types_dates()


@WIDTHS
def test_an_unknown_parent_gets_an_account_and_needs_the_button_alone_afterwards(opens: Opens, width: int) -> None:
    walk = opens(width).comes_by_franceconnect()
    walk.sees_heading("FranceConnect vous a reconnu : Valéry DURANT")

    walk.gives_mobile().types_code().types_dates()

    walk.sees_heading("Votre compte est activé")
    walk.sees("v.durant1")
    again = opens(width).comes_by_franceconnect()
    again.is_logged_in()


def test_the_same_device_asks_for_less_the_second_time(opens: Opens, site: Site) -> None:
    walk = registers(opens())
    walk.sees_heading("Votre compte est activé")
    walk.page.context.clear_cookies(name="idp_session")

    walk.opens_login().presses()

    walk.sees("Aucune autre information n’est transmise.")
    walk.agrees().is_logged_in()


def test_the_password_of_an_account_links_it(opens: Opens, known: str) -> None:
    walk = opens().comes_by_franceconnect()

    walk.page.get_by_role("link", name="J’ai déjà un compte avec un identifiant").click()
    walk.page.get_by_label("Identifiant").fill(known)
    walk.page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    walk.page.get_by_role("button", name="Continuer").click()

    walk.sees("Vous êtes connecté")
    opens().comes_by_franceconnect().is_logged_in()


def test_code_and_dates_link_the_account_that_exists(opens: Opens, known: str, site: Site) -> None:
    walk = registers(opens())

    walk.sees("Vous êtes connecté")
    walk.is_logged_in()
    with site.app.app_context():
        assert len(list(db.session.scalars(select(Account)))) == 1


@WIDTHS
def test_it_is_not_me_ends_the_other_parents_session(opens: Opens, width: int) -> None:
    walk = opens(width).comes_by_franceconnect("marc.durand")
    walk.sees_heading("FranceConnect vous a reconnu : Marc DURAND")

    walk.page.get_by_role("button", name="Ce n’est pas moi").click()

    walk.sees_heading("Se connecter")
    walk.presses().signs_in("valery.durant")
    walk.sees_heading("FranceConnect vous a reconnu : Valéry DURANT")


def test_somebody_unknown_to_every_school_is_told_the_other_ways(opens: Opens) -> None:
    walk = opens(1280).comes_by_franceconnect("paul.mercier").gives_mobile()

    walk.sees_heading("Nous ne vous avons pas trouvé")
    walk.sees("Aucun responsable ne correspond.")
    walk.page.get_by_role("link", name="Revenir à la page de connexion").click()
    walk.sees_heading("Se connecter")


def test_of_two_homonyms_the_mobile_tells_which(opens: Opens, site: Site) -> None:
    site.add_adult("Nicolas MARTIN", "+33639980001", ZOE, civility="M.")
    site.add_adult("Nicolas MARTIN", "+33639980002", {"Léo": dt.date(2016, 1, 9)}, civility="M.")
    walk = opens().comes_by_franceconnect("nicolas.martin1")

    walk.gives_mobile("06 39 98 00 02").types_code()

    expect(walk.page.get_by_role("group", name="Léo")).to_be_visible()
    expect(walk.page.get_by_role("group", name="Zoé")).to_have_count(0)
    walk.types_dates({"Léo": dt.date(2016, 1, 9)}).sees_heading("Votre compte est activé")


def test_two_adults_under_one_mobile_are_sent_to_the_school(opens: Opens, site: Site) -> None:
    """The identity has both given names: nobody can tell which of the two it is."""
    site.add_adult("Nicolas MARTIN", "+33639980002", ZOE, civility="M.")
    site.add_adult("Paul MARTIN", "+33639980002", {"Léo": dt.date(2016, 1, 9)}, civility="M.")

    walk = opens().comes_by_franceconnect("nicolas.martin2").gives_mobile("06 39 98 00 02")

    walk.sees("Plusieurs personnes ont ce nom et ce numéro.")


def test_a_parent_born_on_a_presumed_day_registers_and_comes_back(opens: Opens, site: Site) -> None:
    """Born abroad in 1988, day and month unknown; the usage name lost its apostrophe."""
    site.add_adult("Fatoumata SOW", "+33639983333", ZOE, usage_name="N'DIAYE", civility="MME")
    walk = opens().comes_by_franceconnect("fatoumata.sow")

    walk.gives_mobile("06 39 98 33 33").types_code().types_dates(ZOE)

    walk.sees_heading("Votre compte est activé")
    opens().comes_by_franceconnect("fatoumata.sow").is_logged_in()


@WIDTHS
def test_a_parent_links_and_unlinks_franceconnect_in_the_account(opens: Opens, known: str, width: int) -> None:
    walk = opens(width).opens_login()
    walk.logs_in(known, PASSWORD)
    walk.sees("Vous êtes connecté")
    walk.page.goto(f"{walk.site.url}/compte/connexions")
    walk.page.get_by_role("link", name="Lier ou retirer un moyen de connexion").click()
    walk.page.get_by_role("button", name="Lier FranceConnect à mon compte").click()
    walk.signs_in()
    walk.sees("C’est fait : vous pouvez vous connecter ainsi.")
    opens(width).comes_by_franceconnect().is_logged_in()

    walk.page.get_by_label("Votre mot de passe", exact=True).fill(PASSWORD)
    walk.page.get_by_role("button", name="Retirer FranceConnect").click()

    walk.sees("Ce moyen de connexion est retiré.")
    opens(width).comes_by_franceconnect().sees_heading("FranceConnect vous a reconnu : Valéry DURANT")


def test_a_lost_password_is_replaced_after_franceconnect(opens: Opens, known: str) -> None:
    registers(opens()).sees("Vous êtes connecté")
    walk = opens().opens_login()
    walk.page.get_by_role("link", name="Mot de passe perdu").click()

    walk.presses().signs_in()
    walk.page.get_by_label("Nouveau mot de passe", exact=True).fill("tulipes59")
    walk.page.get_by_label("Confirmez le nouveau mot de passe").fill("tulipes59")
    walk.page.get_by_role("button", name="Changer mon mot de passe").click()

    walk.sees("Votre nouveau mot de passe est enregistré.")
    walk.logs_in(known, "tulipes59")
    walk.sees("Vous êtes connecté")


def test_the_logout_ends_our_session_first_then_theirs(opens: Opens, site: Site) -> None:
    walk = registers(opens())
    walk.sees_heading("Votre compte est activé")
    passed: list[str] = []
    walk.page.on("request", lambda one: passed.append(one.url) if one.is_navigation_request() else None)
    walk.page.goto(f"{site.url}/end_session")
    site.simulator.control("DELETE", "/journal")

    walk.page.locator('button[value="oui"]').click()

    walk.sees_heading("Se connecter")
    steps = [url.partition("?")[0] for url in passed if "deconn" in url or "session" in url]
    assert steps == [
        f"{site.url}/end_session",
        f"{site.url}/deconnexion",
        f"{site.simulator.issuer}/session/end",
        f"{site.simulator.issuer}/session/end/confirm",
        f"{site.url}/franceconnect/deconnecte",
    ]
    assert site.simulator.control("GET", "/sessions") == []


def test_while_franceconnect_is_down_the_button_makes_place_for_a_word(opens: Opens, site: Site) -> None:
    site.simulator.fault("down", times=None)
    site.is_looked_at()
    walk = opens().opens_login()
    button = walk.page.get_by_role("button", name="S’identifier avec FranceConnect")
    walk.sees("FranceConnect ne répond pas en ce moment.")
    expect(button).to_have_count(0)

    site.simulator.mend()
    site.a_minute_goes_by()
    site.is_looked_at()

    walk.opens_login()
    expect(button).to_be_visible()


def test_giving_up_there_comes_back_to_the_login_page(opens: Opens) -> None:
    walk = opens().opens_login().presses()

    walk.page.get_by_role("button", name="Revenir sur le service").click()

    walk.sees("Vous avez annulé la connexion avec FranceConnect.")


def test_an_error_page_there_comes_back_with_what_to_do(opens: Opens) -> None:
    walk = opens().opens_login().presses()
    walk.page.locator("#idp-demo-impots").click()
    walk.page.get_by_label("Identifiant").fill("identite.inconnue")
    walk.page.get_by_label("Mot de passe").fill("123")
    walk.page.get_by_role("button", name="Valider").click()

    walk.page.get_by_role("button", name="Retour au service").click()

    walk.sees_heading("FranceConnect a rencontré une erreur technique")
    expect(walk.page.get_by_role("button", name="Recommencer")).to_be_visible()


def test_who_is_stranded_there_finds_help_after_the_back_button(opens: Opens) -> None:
    walk = opens(1280).opens_login()
    own = walk.page.url
    walk.presses()
    expect(walk.page.locator("#idp-demo-impots")).to_be_visible()

    walk.page.goto(own)

    walk.sees("FranceConnect ne revient pas ?")
    walk.sees("Essayez encore une fois.")


def test_it_all_works_without_javascript(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False, viewport={"width": 320, "height": 800})
    walk = registers(Walk(context.new_page(), site))

    walk.sees_heading("Votre compte est activé")
