"""What goes wrong between the button and the way back: a clear page, a way on, and nothing half-created."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from idp.franceconnect.models import UpstreamLogin
from tests.conftest import BOTH_DATABASES, Clock
from tests.franceconnect.upstream import Simulator
from tests.franceconnect.visitor import Visitor, accounts, count, events


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
    path = visitor.callback_of(visitor.presses_only())
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
    path = visitor.callback_of(visitor.presses_only())

    victim = another()
    victim.comes_back(path)

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


def test_an_old_callback_logs_nobody_in_after_the_logout(visitor: Visitor, simulator: Simulator) -> None:
    """ATTACKS 118: what the history of a shared computer keeps opens nothing."""
    visitor.registers()
    visitor.browser.delete_cookie("idp_session")
    visitor.opens("/connexion")
    path = visitor.callback_of(visitor.presses_only())
    visitor.comes_back(path)
    visitor.browser.delete_cookie("idp_session")

    visitor.comes_back(path)

    assert not visitor.is_logged_in
    assert len(simulator.journal("/api/v2/token")) == 2


@pytest.mark.slow
@BOTH_DATABASES
def test_two_parallel_callbacks_exchange_the_code_once(visitor: Visitor, app: Flask, simulator: Simulator) -> None:
    visitor.opens("/connexion")
    path = visitor.callback_of(visitor.presses_only())
    together = Barrier(2)

    def comes_back(browser: FlaskClient) -> int:
        together.wait(10)
        return browser.get(path).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(comes_back, [visitor.browser, visitor.same_browser()]))

    assert statuses == [303, 303]
    assert len(simulator.journal("/api/v2/token")) == 1
    assert count(app, UpstreamLogin) == 1
    assert visitor.comes_back(path).sees("FranceConnect vous a reconnu : Valéry DURANT")


@pytest.mark.parametrize("hard", [False, True])
def test_keys_that_change_while_the_parent_is_there_go_unnoticed(
    visitor: Visitor, another: Callable[[], Visitor], simulator: Simulator, clock: Clock, hard: bool
) -> None:
    """ATTACKS 119: an unknown `kid` has the keys asked for again."""
    clock.set(dt.datetime.now(dt.UTC))  # noqa: TID251  # The simulator has the machine's time.
    visitor.registers()
    clock.advance(minutes=2)
    simulator.control("PUT", "/clock", {"offset": 120})
    later = another()
    later.opens("/connexion")
    path = later.callback_of(later.presses_only())
    simulator.control("POST", "/keys/rotate", {"hard": hard})

    later.comes_back(path)

    assert later.is_logged_in
    assert len(simulator.journal("/api/v2/jwks")) == 2


def test_an_answer_that_is_not_proven_has_a_number_an_entry_and_an_alarm(
    visitor: Visitor, app: Flask, simulator: Simulator
) -> None:
    simulator.fault("nonce_other")

    with capture_logs() as lines:
        visitor.presses()

    (line,) = [line for line in lines if line["event"] == "upstream_refused"]
    assert (line["reason"], line["alarm"]) == ("id_token_nonce", True)
    assert visitor.sees(line["incident"])
    assert "upstream.refused" in events(app)


def test_nothing_that_they_write_is_shown(visitor: Visitor) -> None:
    visitor.opens("/connexion")
    location = visitor.presses_only()

    path = visitor.callback_of(location, code="", error="<i>faux</i>", error_description="Appelez le 0 899")

    assert not visitor.comes_back(path).sees("0 899")
    assert not visitor.sees("<i>faux")
    assert visitor.sees("FranceConnect a rencontré une erreur technique")


def test_a_callback_comes_by_get(visitor: Visitor, simulator: Simulator) -> None:
    visitor.opens("/connexion")
    path, _, query = visitor.callback_of(visitor.presses_only()).partition("?")

    answer = visitor.browser.post(path, data=dict(parse_qsl(query)))

    assert answer.status_code == 400
    assert simulator.journal("/api/v2/token") == []
