"""The provider as upstream of a second instance of it, by configuration alone (docs/upstreams.md)."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Window
from sqlalchemy import delete, select

from idp.accounts.models import Account, AccountResponsable, Session
from idp.db import db
from idp.franceconnect.models import LinkedIdentity, UpstreamLogin
from tests.franceconnect.two_providers import Instance, opened
from tests.journeys.conftest import BIRTH_DATES, MOBILE, PASSWORD, date_fields
from tests.made_once import SqliteTemplate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def _providers(
    tmp_path_factory: pytest.TempPathFactory, key_files: Path, sqlite_template: SqliteTemplate
) -> Iterator[tuple[Instance, Instance]]:
    with opened(tmp_path_factory.mktemp("providers"), key_files, sqlite_template) as instances:
        yield instances


@pytest.fixture
def upstream(_providers: tuple[Instance, Instance]) -> Instance:
    return _providers[0]


@pytest.fixture
def own(_providers: tuple[Instance, Instance]) -> Instance:
    """The second instance, without an account."""
    instance = _providers[1]
    with instance.app.app_context():
        for model in (LinkedIdentity, UpstreamLogin, Session, AccountResponsable):
            db.session.execute(delete(model))
        db.session.commit()
    return instance


class Browsing:
    """A browser over HTTP that fills in forms by their address."""

    def __init__(self) -> None:
        self.client = httpx.Client(follow_redirects=True, timeout=20, trust_env=False)
        self.addresses: list[str] = []
        self.page = httpx.Response(200)

    def opens(self, url: str) -> "Browsing":
        return self._shown(self.client.get(url))

    def sends(self, ending: str, **typed: str) -> "Browsing":
        """The form whose address ends so."""
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", self.page.text, re.DOTALL):
            action = unescape(re.search(r'action="([^"]+)"', form)[1])  # type: ignore[index]
            if re.search(ending, action):
                hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
                return self._shown(self.client.post(urljoin(str(self.page.url), action), data=hidden | typed))
        raise AssertionError(f"no form for {ending}: {self.page.url} {self.page.text[-600:]}")

    def _shown(self, page: httpx.Response) -> "Browsing":
        self.page = page
        self.addresses += [str(one.url) for one in (*page.history, page)]
        return self

    @property
    def heading(self) -> str:
        return re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.DOTALL)[1]  # type: ignore[index]

    @property
    def text(self) -> str:
        """What the page says; a space that does not break is a space."""
        return unescape(self.page.text).replace("\u00a0", " ")


def test_a_parent_of_the_first_instance_registers_logs_in_and_logs_out_at_the_second(
    upstream: Instance, own: Instance
) -> None:
    browsing = Browsing().opens(f"{own.issuer}/connexion")
    browsing.sends(r"/franceconnect/\w+$")
    assert browsing.page.url.host == "localhost"
    authorization = next(address for address in browsing.addresses if "/authorize?" in address)
    assert "code_challenge_method=S256" in authorization

    browsing.sends("/connexion/", identifiant="v.durant1", mot_de_passe=PASSWORD)
    assert browsing.heading == "Académie de Lille vous a reconnu : Valéry DURANT"
    browsing.sends("/identite$", mobile=MOBILE)
    browsing.sends("/code$", code=own.last_code())
    browsing.sends("/dates$", **date_fields(browsing.text, BIRTH_DATES))

    assert "Votre compte est activé" in browsing.text
    again = Browsing().opens(f"{own.issuer}/connexion").sends(r"/franceconnect/\w+$")
    again.sends("/connexion/", identifiant="v.durant1", mot_de_passe=PASSWORD)
    assert "Vous êtes connecté" in again.text
    with own.app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        assert link.issuer == upstream.issuer
        assert db.session.get_one(Account, link.account_id).password_hash is None

    again.opens(f"{own.issuer}/end_session").sends("/deconnexion$", choix="oui")

    left = [address for address in again.addresses if "end_session" in address or "deconnecte" in address]
    assert [address.partition("?")[0] for address in left] == [
        f"{own.issuer}/end_session", f"{upstream.issuer}/end_session", f"{own.issuer}/franceconnect/deconnecte",
    ]  # fmt: skip
    again.opens(f"{upstream.issuer}/connecte")
    assert "Vous n’êtes pas connecté" in again.text


def test_a_parent_walks_there_and_back_in_a_real_browser(browser: Browser, upstream: Instance, own: Instance) -> None:
    """Two policies (CSP form-action), two sites, no script needed."""
    page = browser.new_context(locale="fr-FR", viewport={"width": 320, "height": 800}).new_page()
    page.goto(f"{own.issuer}/connexion")
    page.get_by_role("button", name="Se connecter avec Académie de Lille").click()
    page.get_by_label("Identifiant", exact=True).fill("v.durant1")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("heading", name="Académie de Lille vous a reconnu : Valéry DURANT")).to_be_visible()

    registers(page, own)

    expect(page.get_by_role("heading", name="Votre compte est activé")).to_be_visible()


def registers(page: Window, own: Instance) -> None:
    page.get_by_label("Numéro de téléphone mobile").fill(MOBILE)
    page.get_by_role("button", name="C’est moi, continuer").click()
    expect(page.get_by_label("Code de validation")).to_be_visible()
    page.get_by_label("Code de validation").fill(own.last_code())
    page.get_by_role("button", name="Valider").click()
    for first_name, day in BIRTH_DATES.items():
        child = page.get_by_role("group", name=first_name)
        child.get_by_label("Jour").fill(str(day.day))
        child.get_by_label("Mois").fill(str(day.month))
        child.get_by_label("Année").fill(str(day.year))
    page.get_by_role("button", name="Continuer").click()
