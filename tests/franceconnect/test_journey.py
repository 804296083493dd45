"""What a parent lives through with FranceConnect (J4), with the real simulator behind."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp import clock
from idp.accounts import passwords
from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.flows import merging
from idp.franceconnect.models import LinkedIdentity, UpstreamLogin
from idp.provider import keys
from idp.registry.models import Responsable
from idp.settings import Settings, build
from tests.conftest import BOTH_DATABASES
from tests.franceconnect.conftest import ID, SECRET, Person, Simulator
from tests.journeys import conftest as journeys
from tests.journeys.conftest import Parent

family = journeys.family
add_father = journeys.add_father
add_second_school = journeys.add_second_school


@pytest.fixture
def settings(settings: Settings, simulator: Simulator) -> Settings:
    keys.generate(Path(settings.keys.directory))
    tables: dict[str, Any] = {
        "server": {"demo": True, "issuer": "http://127.0.0.1:8000"},
        "database": {"url": settings.database.url, "synchronous": "NORMAL"},
        "keys": {"directory": settings.keys.directory},
        "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1},
        "franceconnect": {"issuer": simulator.issuer, "client_id": ID, "client_secret": SECRET},
    }
    return build(tables)


class Visitor(Parent):
    """A parent whose browser goes to FranceConnect and comes back."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.person = Person()

    def presses(self, login: str = "valery.durant", provider: str = "demo-impots", path: str = "/connexion") -> Any:
        """The button, the sign-in there, the way back."""
        self.opens(path)
        return self.follows(self.presses_only(), login, provider)

    def presses_only(self) -> str:
        form = {"csrf_token": self.token(), "fournisseur": "franceconnect"}
        if 'value="mot-de-passe"' in self.text:
            form["pour"] = "mot-de-passe"
        action = re.search(r'action="(/franceconnect/[0-9a-f]{32})"', self.text)
        assert action is not None, self.text
        answer = self.browser.post(action.group(1), data=form)
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def follows(self, location: str, login: str = "valery.durant", provider: str = "demo-impots") -> "Visitor":
        """Sign in at FranceConnect and open the callback; what comes then stays inside our pages."""
        address = self.person.goes(location, login, provider)
        return self.comes_back(f"{address.path}?{address.query.decode()}")

    def comes_back(self, path: str) -> "Visitor":
        page = self.browser.get(path)
        while page.status_code == 303 and not urlsplit(page.location).netloc:
            page = self.browser.get(page.location)
        if page.status_code == 303 and "/authorize" in page.location:
            return self.follows(page.location)
        self.page = page
        return self

    @property
    def is_logged_in(self) -> bool:
        return self.browser.get_cookie("idp_session") is not None

    def gives_mobile(self, mobile: str = journeys.MOBILE) -> "Visitor":
        return self._sends("identite", mobile=mobile)

    def types_code(self, code: str | None = None) -> "Visitor":
        return self._sends("code", code=code or self.last_code())

    def types_dates(self) -> "Visitor":
        fields: dict[str, str] = {}
        for number, first_name in enumerate(re.findall(r"<legend>([^<]+)</legend>", self.text), 1):
            day = journeys.BIRTH_DATES[first_name]
            for part, value in (("jour", day.day), ("mois", day.month), ("annee", day.year)):
                fields[f"enfant-{number}_{part}"] = str(value)
        return self._sends("dates", **fields)

    def _sends(self, step: str, **fields: str) -> "Visitor":
        form = {"csrf_token": self.token(), **fields}
        page = self.browser.post(f"/franceconnect/{self.flow_id}/{step}", data=form)
        while page.status_code == 303 and not urlsplit(page.location).netloc:
            page = self.browser.get(page.location)
        self.page = page
        return self

    def registers(self) -> "Visitor":
        self.presses()
        return self.gives_mobile().types_code().types_dates()


@pytest.fixture
def visitor(app: Flask, family: list[str]) -> Visitor:
    return Visitor(app)


@pytest.fixture
def another(app: Flask, family: list[str]) -> Callable[[], Visitor]:
    return lambda: Visitor(app)


def accounts(app: Flask) -> list[Account]:
    with app.app_context():
        return list(db.session.scalars(select(Account)))


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def events(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(AuditEntry.event)))


def test_an_unknown_parent_proves_mobile_code_and_dates_and_has_an_account(visitor: Visitor, app: Flask) -> None:
    visitor.presses()
    assert visitor.sees("FranceConnect vous a reconnu : Valéry DURANT")

    visitor.gives_mobile().types_code().types_dates()

    (account,) = accounts(app)
    assert visitor.sees(account.identifiant)
    assert (account.state, account.password_hash, account.email) == ("active", None, "valery.durant@example.org")
    assert account.email_verified_at is None
    assert visitor.is_logged_in


def test_the_second_time_the_button_is_enough(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()

    later = another().presses()

    assert later.sees("Vérification")
    assert later.is_logged_in
    assert len(accounts(app)) == 1


def test_a_browser_that_logged_in_so_before_is_asked_for_less(visitor: Visitor, simulator: Simulator) -> None:
    visitor.registers()
    simulator.control("DELETE", "/journal")

    visitor.presses()

    assert simulator.journal("/api/v2/authorize")[0]["parameters"]["scope"] == ["openid"]


def test_somebody_else_on_that_browser_is_asked_again_for_everything(visitor: Visitor, simulator: Simulator) -> None:
    visitor.registers()
    simulator.control("DELETE", "/sessions")
    visitor.person = Person()

    visitor.presses("marc.durand")

    assert visitor.sees("FranceConnect vous a reconnu")


def test_the_session_tells_how_the_login_was(visitor: Visitor, app: Flask) -> None:
    visitor.registers()

    with app.app_context():
        session = db.session.scalars(select(Session)).one()
        assert (session.amr, session.acr) == ("fc sms", "eidas1")


def test_names_alone_never_link(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 115: without the mobile, the code and the dates nothing is made."""
    visitor.presses()

    visitor.gives_mobile("06 39 98 99 99")

    assert visitor.sees("Aucun responsable ne correspond.")
    assert accounts(app) == []
    assert count(app, LinkedIdentity) == 0


@pytest.mark.parametrize("login", ["paul.mercier", "ibrahima.ndiaye"])
def test_a_wrong_name_and_a_wrong_number_have_one_answer(visitor: Visitor, login: str) -> None:
    visitor.presses(login)

    visitor.gives_mobile()

    assert visitor.sees("Aucun responsable ne correspond.")
    assert visitor.sms() == []


def test_a_gender_that_contradicts_the_register_is_somebody_else(visitor: Visitor, app: Flask) -> None:
    with app.app_context():
        db.session.scalars(select(Responsable)).one().civility = "M."
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile()

    assert visitor.sees("Aucun responsable ne correspond.")


def test_it_is_not_me_closes_the_other_ones_session_at_franceconnect(visitor: Visitor) -> None:
    """A shared computer still holds the other parent's session."""
    visitor.presses("marc.durand")

    form = {"csrf_token": visitor.token(), "choix": "pas-moi"}
    answer = visitor.browser.post(f"/franceconnect/{visitor.flow_id}/identite", data=form)
    page = visitor.person.client.get(answer.location)
    hidden = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page.text))
    back = visitor.person.client.post(answer.location.partition("?")[0] + "/confirm", data=hidden)

    assert back.headers["Location"].startswith("http://127.0.0.1:8000/franceconnect/deconnecte?state=")
    visitor.comes_back(back.headers["Location"].removeprefix("http://127.0.0.1:8000"))
    assert visitor.reaches(visitor.flow_id)
    assert visitor.sees("Se connecter")
    assert not visitor.sees("DURAND")


def test_an_account_that_exists_is_linked_by_code_and_dates(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()

    other = another()
    other.registers()

    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 1
    assert other.is_logged_in


def test_an_account_that_exists_is_linked_by_its_password(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()
    other = another().presses()

    other._sends("compte", identifiant="v.durant1", mot_de_passe=journeys.PASSWORD)

    assert other.is_logged_in
    assert count(app, LinkedIdentity) == 1
    assert another().presses().is_logged_in


def test_the_password_of_somebody_elses_account_links_nothing(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    """ATTACKS 93."""
    visitor.until_end()
    other = another().presses("marc.durand")

    other._sends("compte", identifiant="v.durant1", mot_de_passe=journeys.PASSWORD)

    assert other.sees("Ce compte n’est pas au même nom")
    assert count(app, LinkedIdentity) == 0
    assert not other.is_logged_in


def test_a_new_school_that_knows_the_same_adult_joins_the_account(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], add_second_school: Callable[[], None]
) -> None:
    visitor.until_end()
    add_second_school()

    another().registers()

    with app.app_context():
        assert len(db.session.scalars(select(Account)).one().responsables) == 2


def test_another_sub_of_the_same_person_takes_the_links_place(
    visitor: Visitor, app: Flask, simulator: Simulator, another: Callable[[], Visitor]
) -> None:
    """The civil register was corrected: Valéry became Valérie; nobody is told that a link exists already."""
    visitor.registers()
    simulator.control("DELETE", "/sessions")
    with app.app_context():
        person = db.session.scalars(select(Responsable)).one()
        person.first_name, person.first_key = "Valérie", "valerie"
        db.session.commit()

    corrected = another().presses("corrected_valery.durant")
    corrected.gives_mobile().types_code().types_dates()

    with app.app_context():
        rows = {row.sub: row.replaced_at for row in db.session.scalars(select(LinkedIdentity))}
    assert corrected.is_logged_in
    assert len(accounts(app)) == 1
    assert sorted(at is None for at in rows.values()) == [False, True]


def test_a_recycled_sub_of_somebody_else_stops(
    visitor: Visitor, app: Flask, simulator: Simulator, another: Callable[[], Visitor]
) -> None:
    """ATTACKS 116: a contradiction is never overwritten."""
    visitor.registers()
    with app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        link.pivot = {**link.pivot, "birthdate": "1950-01-01"}
        db.session.commit()

    later = another().presses()

    assert later.sees("Cette identité ne correspond plus à ce compte")
    assert not later.is_logged_in


def test_a_suspended_account_has_its_page(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()
    with app.app_context():
        db.session.scalars(select(Account)).one().state = "suspended"
        db.session.commit()

    later = another().presses()

    assert later.sees("Ce compte est suspendu.")
    assert not later.is_logged_in


def test_a_merged_account_says_where_it_went(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    """Docs «merging»: the link stays with the closed account and opens nothing."""
    visitor.registers()
    with app.app_context():
        closed, now = db.session.scalars(select(Account)).one(), clock.now()
        kept = Account(
            identifiant="v.durant9", family_name="DURANT", first_name="Valéry", created_at=now, updated_at=now
        )
        db.session.add(kept)
        db.session.flush()
        merging.close(kept, closed)
        db.session.commit()

    later = another().presses()

    assert later.sees("Ce compte est regroupé avec le compte v.durant9.")
    assert not later.is_logged_in


def test_giving_up_there_leads_back_to_the_login_page(visitor: Visitor, simulator: Simulator) -> None:
    simulator.fault("access_denied")

    visitor.presses()

    assert visitor.sees("Vous avez annulé la connexion avec FranceConnect.")
    assert 'id="login-form"' in visitor.text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("server_error", "FranceConnect a rencontré une erreur technique"),
        ("code_expired", "La connexion a pris trop de temps"),
        ("sig_bad", "La réponse de FranceConnect n'a pas pu être vérifiée"),
        ("token_500", "FranceConnect ne répond pas"),
        ("state_absent", "Votre demande a expiré"),
    ],
)
def test_each_failure_has_its_page_a_way_back_and_creates_nothing(
    visitor: Visitor, app: Flask, simulator: Simulator, fault: str, words: str
) -> None:
    simulator.fault(fault)

    visitor.presses()

    assert visitor.sees(words)
    assert visitor.sees("Recommencer")
    assert accounts(app) == []
    assert count(app, UpstreamLogin) == 0


def test_a_repeated_callback_shows_what_the_flow_has_reached(visitor: Visitor, simulator: Simulator) -> None:
    """Reload and back button: the code is never exchanged twice (ATTACKS 118)."""
    visitor.opens("/connexion")
    address = visitor.person.goes(visitor.presses_only())
    path = f"{address.path}?{address.query.decode()}"
    visitor.comes_back(path)
    exchanged = len(simulator.journal("/api/v2/token"))

    visitor.comes_back(path)

    assert visitor.sees("FranceConnect vous a reconnu : Valéry DURANT")
    assert len(simulator.journal("/api/v2/token")) == exchanged == 1


def test_a_callback_in_another_browser_is_refused(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], simulator: Simulator
) -> None:
    """ATTACKS 111: the attacker's callback logs nobody in."""
    visitor.opens("/connexion")
    address = visitor.person.goes(visitor.presses_only())

    victim = another()
    victim.comes_back(f"{address.path}?{address.query.decode()}")

    assert victim.sees("Votre demande a expiré")
    assert not victim.is_logged_in
    assert simulator.journal("/api/v2/token") == []


def test_with_franceconnect_down_the_page_says_so_and_passwords_go_on(visitor: Visitor, simulator: Simulator) -> None:
    visitor.until_end()
    visitor.browser.delete_cookie("idp_session")
    visitor.opens("/connexion")
    simulator.fault("discovery_500", times=None)
    for _ in range(5):
        visitor.opens("/connexion")
        form = {"csrf_token": visitor.token(), "fournisseur": "franceconnect"}
        assert visitor.browser.post(f"/franceconnect/{visitor.flow_id}", data=form).status_code == 503

    visitor.opens("/connexion")

    assert visitor.sees("FranceConnect ne répond pas en ce moment.")
    assert 'id="franceconnect"' not in visitor.text
    visitor.logs_in()
    assert visitor.is_logged_in


def test_a_lost_password_is_replaced_after_franceconnect(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.registers()
    other = another().opens("/connexion")
    lost = re.search(r'id="mot-de-passe-perdu" href="([^"]+)"', other.text)
    assert lost is not None

    other.presses(path=lost.group(1))

    assert other.reaches("nouveau")
    other.sends(other.path, nouveau_mot_de_passe="chevalvert8", confirmation="chevalvert8")
    (account,) = accounts(app)
    assert account.password_hash is not None
    assert another().logs_in(account.identifiant, "chevalvert8").browser.get_cookie("idp_session")


def test_nothing_personal_is_left_in_clear(visitor: Visitor, app: Flask) -> None:
    """A copy of the database shows neither pivot nor ID token."""
    visitor.registers()

    with app.app_context():
        raw = db.session.connection().exec_driver_sql("SELECT pivot FROM linked_identities").scalar()
        kept = db.session.connection().exec_driver_sql("SELECT content FROM upstream_logins").scalar()
    assert b"1984" not in raw
    assert b"eyJ" not in kept
    assert "upstream.linked" in events(app)


def link_form(visitor: Visitor) -> str:
    visitor.opens("/franceconnect/compte")
    form = {"csrf_token": visitor.token(), "fournisseur": "franceconnect"}
    return str(visitor.browser.post("/franceconnect/compte/lier", data=form).location)


def test_a_link_made_in_the_account_page_logs_in_afterwards(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()

    visitor.follows(link_form(visitor))

    assert visitor.sees("C’est fait")
    assert another().presses().is_logged_in
    with app.app_context():
        assert count(app, LinkedIdentity) == 1


def test_the_other_parents_franceconnect_is_not_linked(visitor: Visitor, app: Flask) -> None:
    visitor.until_end()

    visitor.follows(link_form(visitor), "marc.durand")

    assert visitor.sees("Cette identité n’est pas au même nom que ce compte.")
    assert count(app, LinkedIdentity) == 0


def test_unlinking_asks_for_the_password(visitor: Visitor, app: Flask) -> None:
    visitor.until_end()
    visitor.follows(link_form(visitor))
    action = re.search(r'action="(/franceconnect/compte/[0-9a-f]{32}/retirer)"', visitor.text)
    assert action is not None

    visitor.sends(action.group(1), mot_de_passe="faux12345")
    kept = count(app, LinkedIdentity)
    visitor.sends(action.group(1), mot_de_passe=journeys.PASSWORD)

    assert (kept, count(app, LinkedIdentity)) == (1, 0)


def test_without_a_password_the_link_stays(visitor: Visitor, app: Flask) -> None:
    """Nobody locks themselves out."""
    visitor.registers()
    visitor.opens("/franceconnect/compte")

    assert visitor.sees("Choisissez d’abord un mot de passe")
    assert "retirer" not in re.findall(r'action="([^"]+)"', visitor.text)


def test_one_identity_belongs_to_one_account(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()
    with app.app_context():
        now = clock.now()
        password_hash = passwords.hash(journeys.PASSWORD, app.config["IDP"].passwords)
        names = {"identifiant": "v.durant9", "family_name": "DURANT", "first_name": "Valéry"}
        db.session.add(Account(**names, password_hash=password_hash, created_at=now, updated_at=now))
        db.session.commit()
    twin = another()
    twin.logs_in("v.durant9")

    twin.follows(link_form(twin))

    assert twin.sees("Cette identité est liée à un autre compte")
    assert count(app, LinkedIdentity) == 1


@pytest.mark.slow
@BOTH_DATABASES
def test_two_tabs_make_one_account(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    tabs = [visitor.presses().gives_mobile().types_code(), another().presses().gives_mobile().types_code()]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Visitor.types_dates, tabs))

    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 1


def test_logging_out_ends_the_session_at_franceconnect_too_and_then_goes_to_the_service(
    visitor: Visitor, app: Flask
) -> None:
    """Ours ends first; theirs when it began less than 30 minutes ago (J4)."""
    visitor.registers()
    visitor.opens("/end_session")
    token = re.search(r'name="token" value="([^"]+)"', visitor.text)
    assert token is not None

    form = {"csrf_token": visitor.token(), "choix": "oui", "token": token.group(1)}
    answer = visitor.browser.post("/deconnexion", data=form)

    assert "/api/v2/session/end?id_token_hint=" in answer.location
    assert count(app, Session) == 0
    assert count(app, UpstreamLogin) == 0
    assert visitor.person.client.get(answer.location).status_code == 200


def test_the_button_may_lead_to_franceconnect(visitor: Visitor, simulator: Simulator) -> None:
    """Browsers hold the policy's form-action on the redirect too."""
    policy = visitor.opens("/connexion").page.headers["Content-Security-Policy"]

    assert f"http://127.0.0.1:{simulator.port}" in policy


def test_a_mobile_that_a_school_has_just_changed_gets_no_code_yet(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 123: the delay holds on every way to an account."""
    with app.app_context():
        db.session.scalars(select(Responsable)).one().mobile_changed_at = clock.now()
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile()

    assert visitor.sms() == []
    assert visitor.reaches("identite")


def test_a_foreign_mobile_gets_no_code(visitor: Visitor, app: Flask) -> None:
    """ATTACKS 86: no SMS leaves for a country that the settings do not name."""
    with app.app_context():
        db.session.scalars(select(Responsable)).one().mobile = "+32470123456"
        db.session.commit()
    visitor.presses()

    visitor.gives_mobile("+32 470 12 34 56")

    assert visitor.sms() == []
    assert visitor.sees("Aucun responsable ne correspond.")


def test_who_comes_second_to_the_same_responsable_is_told(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another browser made the account between our look and our insert: the database decides, and a page says so."""
    visitor.presses().gives_mobile().types_code()
    another().until_end()
    monkeypatch.setattr("idp.flows.franceconnect.accounts.holders", lambda ids: [])

    visitor.types_dates()

    assert visitor.sees("Un compte existe déjà")
    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 0
