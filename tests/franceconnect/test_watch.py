"""The worker looks whether FranceConnect answers (docs/decisions/0009); every process shows the same button."""

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask import Flask
from structlog.testing import capture_logs

from idp.app import create_app
from idp.db import db
from idp.franceconnect.authorization import CALLBACK
from idp.franceconnect.logins import UpstreamLogins
from idp.franceconnect.watch import Watch
from idp.relying_parties import service
from idp.settings import Settings
from tests.conftest import Clock
from tests.franceconnect.upstream import ID, Simulator
from tests.franceconnect.visitor import Visitor

DOWN = "FranceConnect ne répond pas en ce moment."
BUTTON = 'id="franceconnect"'
BACK = "https://portail.example.fr/retour"
HELP = "FranceConnect ne revient pas ?"

Look = Callable[[], list[str]]


@pytest.fixture
def look(app: Flask, settings: Settings) -> Look:
    """A worker looks; the alarms that it raises, with their reasons. It shares nothing but the database."""
    logins = UpstreamLogins(settings, lambda alg, client_id, audience: "")
    worker = Watch(logins, settings.server.issuer + CALLBACK, threading.Event())

    def once() -> list[str]:
        with app.app_context(), capture_logs() as lines:
            worker.look()
        return [f"{line['event']} {line.get('reason', '')}".strip() for line in lines if line.get("alarm")]

    return once


def test_the_button_goes_while_franceconnect_is_down_and_comes_back(
    visitor: Visitor, simulator: Simulator, clock: Clock, look: Look
) -> None:
    simulator.fault("down", times=None)
    alarms = look()
    gone = visitor.opens("/connexion").text

    simulator.mend()
    clock.advance(seconds=61)
    look()

    assert alarms[0] == "upstream_down"
    assert DOWN in gone
    assert BUTTON not in gone
    assert BUTTON in visitor.opens("/connexion").text


def test_the_button_goes_from_a_page_that_was_kept_for_a_service_too(
    app: Flask, simulator: Simulator, clock: Clock, look: Look
) -> None:
    with app.app_context():
        service.register("portail", "Le Portail", {"redirect_uris": [BACK]}, first_party=True)
        db.session.commit()
    request = {"response_type": "code", "client_id": "portail", "redirect_uri": BACK, "scope": "openid"}
    address = f"/authorize?{urlencode(request)}"
    there, kept = Visitor(app).opens(address).text, Visitor(app).opens(address).text
    simulator.fault("down", times=None)
    look()

    gone = Visitor(app).opens(address).text

    assert BUTTON in there
    assert BUTTON in kept
    assert BUTTON not in gone
    assert DOWN in gone


def test_another_process_takes_the_button_away_too(
    visitor: Visitor, simulator: Simulator, clock: Clock, look: Look, settings: Settings
) -> None:
    simulator.fault("down", times=None)
    look()

    other = create_app(settings)

    assert Visitor(other).opens("/connexion").sees(DOWN)
    other.extensions["idp"].hot.close()


def test_who_still_has_the_button_is_not_sent_to_a_place_that_is_down(
    visitor: Visitor, simulator: Simulator, clock: Clock, look: Look
) -> None:
    visitor.opens("/connexion")
    form = {"csrf_token": visitor.token(), "fournisseur": "franceconnect"}
    simulator.fault("down", times=None)
    look()

    answer = visitor.browser.post(f"/franceconnect/{visitor.flow_id}", data=form)

    assert answer.status_code == 503
    assert "FranceConnect ne répond pas" in answer.text


def test_one_worker_looks_in_a_minute(simulator: Simulator, clock: Clock, look: Look) -> None:
    path = "/api/v2/.well-known/openid-configuration"
    look()
    first = len(simulator.journal(path))

    look()

    assert len(simulator.journal(path)) == first


def test_a_discovery_that_fails_alone_leaves_the_button(
    visitor: Visitor, simulator: Simulator, clock: Clock, look: Look
) -> None:
    """The copy of today serves; the keys answer, so the place is open."""
    look()
    simulator.fault("discovery_500", times=None)
    clock.advance(seconds=61)

    look()

    assert BUTTON in visitor.opens("/connexion").text


def test_a_worker_that_looks_no_more_is_not_believed(
    visitor: Visitor, simulator: Simulator, clock: Clock, look: Look
) -> None:
    simulator.fault("down", times=None)
    look()

    clock.advance(minutes=6)

    assert BUTTON in visitor.opens("/connexion").text


def test_a_registration_that_franceconnect_refuses_raises_an_alarm(
    simulator: Simulator, clock: Clock, app: Flask, settings: Settings
) -> None:
    """Their page Y04C013C sends nobody back: only this look tells."""
    logins = UpstreamLogins(settings, lambda alg, client_id, audience: "")
    elsewhere = Watch(logins, "https://ailleurs.example/retour", threading.Event())

    with app.app_context(), capture_logs() as lines:
        elsewhere.look()

    (alarm,) = [line for line in lines if line.get("alarm")]
    assert (alarm["event"], alarm["reason"]) == ("upstream_probe_failed", "Y04C013C")


def test_an_error_sent_back_to_the_probe_raises_an_alarm(simulator: Simulator, clock: Clock, look: Look) -> None:
    simulator.fault("server_error")

    assert look() == ["upstream_probe_failed server_error"]


def test_the_probe_is_made_once_a_day_and_signs_nobody_in(simulator: Simulator, clock: Clock, look: Look) -> None:
    assert look() == []
    clock.advance(hours=23)
    look()
    once = simulator.journal("/api/v2/authorize")
    clock.advance(hours=2)
    look()

    assert [entry["parameters"]["client_id"] for entry in once] == [[ID]]
    assert len(simulator.journal("/api/v2/authorize")) == 2
    assert simulator.control("GET", "/sessions") == []


def test_the_help_for_who_is_stranded_opens_by_itself(visitor: Visitor) -> None:
    """A page of theirs without a way back, and the browser's back button."""
    before = visitor.opens("/connexion").text
    visitor.presses_only()

    after = visitor.opens(visitor.path).text

    assert HELP in before
    assert '<details class="fc-help">' in before
    assert '<details class="fc-help" open>' in after


def test_the_help_closes_once_the_parent_came_back(visitor: Visitor, simulator: Simulator) -> None:
    simulator.fault("access_denied")

    visitor.presses()

    assert '<details class="fc-help">' in visitor.text


def test_the_worker_looks_until_it_is_told_to_stop(
    app: Flask, settings: Settings, simulator: Simulator, clock: Clock
) -> None:
    stop = threading.Event()
    watch = Watch(UpstreamLogins(settings, lambda *_: ""), settings.server.issuer + CALLBACK, stop)
    watch.look = stop.set  # type: ignore[method-assign]

    watch.run()

    assert stop.is_set()
