"""A lost password, by SMS: the code of every journey, then the new password."""

import pytest
from sqlalchemy import select

from idp.accounts.models import Account
from idp.db import db
from idp.settings import build
from tests.conftest import BOTH_DATABASES
from tests.journeys.forgetful import NEW, change, chooses

WRONG_CODE = "Le code saisi est incorrect."


@pytest.fixture
def visitor(parent, another_browser, clock):
    """Somebody in front of a fresh browser; Valéry DURANT has an account with a verified mobile and no address."""
    parent.until_end()
    clock.advance(hours=2)
    return another_browser


def asks(person, identifiant="v.durant1"):
    person.opens("/mot-de-passe-perdu")
    return person.sends(person.path, identifiant=identifiant, par="sms")


def enters(person, code):
    return person.sends(person.path.removesuffix("/renvoyer"), code=code)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_leads_to_a_new_password_that_logs_in(visitor):
    asks(visitor)
    assert visitor.sees("Un SMS est parti au numéro de mobile de votre compte.")

    enters(visitor, visitor.last_code())
    chooses(visitor)

    assert visitor.sees("Votre nouveau mot de passe est enregistré.")
    assert visitor.logs_in(password=NEW).sees("Vous êtes connecté")


def test_the_page_of_the_code_tells_nothing_of_the_number(visitor):
    asks(visitor)

    for part in ("39981234", "•• 34", "+33"):
        assert not visitor.sees(part)


def test_a_code_lifts_the_lock_of_the_login_page(visitor, clock):
    """ATTACKS 83."""
    for _try in range(10):
        clock.advance(seconds=64)
        visitor.logs_in(password="notthisone1")

    enters(asks(visitor), visitor.last_code())
    chooses(visitor)

    assert visitor.logs_in(password=NEW).sees("Vous êtes connecté")


def test_every_session_ends(visitor, parent):
    enters(asks(visitor), visitor.last_code())

    chooses(visitor)

    assert parent.opens("/compte").sees("login-form")


@pytest.mark.parametrize(
    "values",
    [{"mobile_verified_at": None}, {"mobile": None}, {"state": "notified"}, {"state": "suspended"}],
    ids=["not verified", "no mobile", "notified", "suspended"],
)
def test_a_number_that_was_never_verified_recovers_nothing(visitor, app, values):
    """ATTACKS 95."""
    change(app, **values)
    before = len(visitor.sms())

    asks(visitor)

    assert visitor.sees("Votre identifiant est partiellement reconnu.")
    assert visitor.sees("Nous ne pouvons donc pas vous envoyer de SMS.")
    assert len(visitor.sms()) == before


def test_an_unknown_identifiant_has_its_message(visitor):
    assert asks(visitor, "z.nobody1").sees("L’identifiant n’est pas reconnu.")


def test_a_wrong_code_leaves_the_same_code_valid(visitor):
    asks(visitor)

    enters(visitor, wrong(visitor.last_code()))
    assert visitor.sees(WRONG_CODE)
    assert visitor.sees("Il vous reste 4 essais.")

    assert enters(visitor, visitor.last_code()).sees("Choisissez un nouveau mot de passe")


def test_five_wrong_tries_kill_the_code(visitor):
    """ATTACKS 84."""
    asks(visitor)
    for _try in range(5):
        enters(visitor, wrong(visitor.last_code()))

    enters(visitor, visitor.last_code())

    assert visitor.sees("Ce code ne marche plus")


@BOTH_DATABASES
def test_no_sms_leaves_while_the_tries_of_its_number_are_used_up(visitor, clock):
    """ATTACKS 84: fifteen wrong codes a day; the page tells when to come back, and offers the mail."""
    for _code in range(3):
        asks(visitor)
        for _try in range(5):
            enters(visitor, wrong(visitor.last_code()))
        clock.advance(minutes=61)
    assert visitor.sees("Il y a eu trop d’essais avec ce numéro.")
    before = len(visitor.sms())

    asks(visitor)

    assert visitor.sees("Réessayez à partir du 16 janvier 2026 à 18 h 42.")
    assert len(visitor.sms()) == before


def test_an_expired_code_says_so(visitor, clock):
    asks(visitor)
    clock.advance(minutes=30)

    assert enters(visitor, visitor.last_code()).sees("Ce code n’est plus valable.")


def test_a_new_code_waits_sixty_seconds_and_kills_the_old_one(visitor, clock):
    asks(visitor)
    old, page = visitor.last_code(), visitor.path
    visitor.sends(f"{page}/renvoyer")
    assert visitor.sees("Attendez avant de demander un nouveau code.")
    clock.advance(seconds=61)

    visitor.opens(page)
    visitor.sends(f"{page}/renvoyer")

    assert visitor.sees("Un nouveau code est parti.")
    if old != visitor.last_code():
        assert enters(visitor, old).sees(WRONG_CODE)
    assert enters(visitor, visitor.last_code()).sees("Choisissez un nouveau mot de passe")


def test_a_number_gets_three_codes_an_hour_over_all_flows_and_journeys(visitor, clock):
    """ATTACKS 84, 86."""
    before = len(visitor.sms())
    for _time in range(4):
        asks(visitor)
        clock.advance(seconds=61)

    assert visitor.page.status_code == 429
    assert visitor.sees("Trop de demandes.")
    assert len(visitor.sms()) == before + 3


def test_the_code_of_one_flow_is_nothing_in_another(visitor, parent, clock):
    """ATTACKS 80."""
    asks(visitor)
    code = visitor.last_code()
    clock.advance(seconds=61)
    asks(parent)

    if code != parent.last_code():
        assert enters(parent, code).sees(WRONG_CODE)


def test_the_proof_serves_once(visitor):
    enters(asks(visitor), visitor.last_code())
    page = visitor.path
    chooses(visitor)

    assert visitor.opens(page).sees("Ce lien ne marche plus")


def test_the_proof_dies_after_thirty_minutes(visitor, clock):
    enters(asks(visitor), visitor.last_code())
    clock.advance(minutes=30)

    assert chooses(visitor).sees("Ce lien ne marche plus")


def test_the_proof_dies_when_the_password_changes(visitor, parent):
    """ATTACKS 91."""
    parent.logs_in()
    enters(asks(visitor), visitor.last_code())
    parent.opens("/compte/mot-de-passe")
    parent.sends(parent.path, mot_de_passe_actuel="chevalbleu7", nouveau_mot_de_passe=NEW, confirmation=NEW)
    assert parent.path == "/compte"

    assert chooses(visitor, "jonquille7").sees("Ce lien ne marche plus")


def test_the_new_password_page_is_not_reached_without_the_code(visitor):
    """ATTACKS 78."""
    asks(visitor)

    visitor.opens(visitor.path.replace("/code", "/nouveau"))

    assert visitor.sees("Ce lien ne marche plus")


def test_a_reset_lists_the_address_and_can_drop_it(visitor, app, clock):
    """ATTACKS 95: an address that a stranger added is seen, and taken away."""
    change(app, email="stranger@example.org", email_verified_at=clock.instant)
    enters(asks(visitor), visitor.last_code())
    assert visitor.sees("Retirer l’adresse mail s•••@example.org")

    chooses(visitor, retirer="mail")

    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert (account.email, account.email_verified_at, account.mobile) == (None, None, "+33639981234")


class TestWithSmsStopped:
    @pytest.fixture
    def settings(self, settings):
        tables = {"server": {"demo": True}, "database": {"url": settings.database.url, "synchronous": "NORMAL"},
                  "keys": {"directory": settings.keys.directory}, "sms": {"enabled": False},
                  "passwords": {"argon2_memory_kib": 8192, "argon2_time": 1}}  # fmt: skip
        return build(tables)

    def test_everybody_is_told_so(self, parent):
        asks(parent)

        assert parent.page.status_code == 429
        assert parent.sees("Nous ne pouvons pas envoyer de SMS pour le moment.")
