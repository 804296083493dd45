"""Logins by FranceConnect of an account that is linked, what they are for, and their end."""

import datetime as dt
import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from idp.accounts.models import Session
from idp.db import db
from idp.franceconnect.models import UpstreamLogin
from tests.conftest import Clock
from tests.franceconnect.upstream import Person, Simulator
from tests.franceconnect.visitor import Visitor, accounts, count, events


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


def logout_of(visitor: Visitor) -> str:
    """«Se déconnecter»; where the browser is sent, empty for a page of ours."""
    visitor.opens("/end_session")
    token = re.search(r'name="token" value="([^"]+)"', visitor.text)
    assert token is not None
    form = {"csrf_token": visitor.token(), "choix": "oui", "token": token.group(1)}
    visitor.page = visitor.browser.post("/deconnexion", data=form)
    return str(visitor.page.location or "")


def test_after_29_minutes_the_logout_ends_on_our_page(visitor: Visitor, simulator: Simulator, clock: Clock) -> None:
    """Their session may be gone, and then they show a page that nobody comes back from (Y100019)."""
    clock.set(dt.datetime.now(dt.UTC))  # noqa: TID251  # The simulator has the machine's time.
    visitor.registers()
    clock.advance(minutes=29)

    assert logout_of(visitor) == ""
    assert visitor.sees("Fermez le navigateur si l’ordinateur est partagé.")


def test_a_login_by_password_is_not_logged_out_there(visitor: Visitor) -> None:
    visitor.until_end()

    assert logout_of(visitor) == ""


def test_a_way_back_from_a_logout_that_is_not_this_browsers_leads_to_the_login_page(visitor: Visitor) -> None:
    answer = visitor.browser.get("/franceconnect/deconnecte?state=autre")

    assert answer.location == "/connexion"


def test_the_access_token_is_not_kept(visitor: Visitor, app: Flask) -> None:
    visitor.presses()

    with app.app_context():
        assert set(db.session.scalars(select(UpstreamLogin)).one().content) == {"identity", "id_token"}


def test_who_it_was_is_forgotten_once_the_session_is_open(visitor: Visitor, app: Flask) -> None:
    """What the logout there needs is the ID token alone."""
    visitor.registers()

    with app.app_context():
        content = db.session.scalars(select(UpstreamLogin)).one().content
    assert set(content["identity"]) == {"issuer", "sub"}
    assert content["identity"]["sub"] == ""
