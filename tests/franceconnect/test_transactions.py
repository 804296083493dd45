"""Nothing is asked upstream while a transaction is open (decision 9): every door, when no copy of today is kept.

The fixture `asked_in_a_transaction` holds every other test of this folder to it too.
"""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from idp.db import db
from idp.franceconnect.logins import UpstreamLogins
from tests.franceconnect.upstream import Simulator
from tests.franceconnect.visitor import Visitor, link_form

DISCOVERY = "/api/v2/.well-known/openid-configuration"


def away(visitor: Visitor) -> str:
    visitor.opens("/connexion")
    return visitor.callback_of(visitor.presses_only())


def presses(visitor: Visitor) -> Callable[[], object]:
    visitor.opens("/connexion")
    return visitor.presses_only


def comes_back(visitor: Visitor) -> Callable[[], object]:
    path = away(visitor)
    return lambda: visitor.comes_back(path)


def says_it_is_somebody_else(visitor: Visitor) -> Callable[[], object]:
    visitor.presses()
    form = {"csrf_token": visitor.token(), "choix": "pas-moi"}
    path = f"/franceconnect/{visitor.flow_id}/identite"
    return lambda: visitor.browser.post(path, data=form)


def logs_out(visitor: Visitor) -> Callable[[], object]:
    visitor.registers()
    visitor.opens("/end_session")
    token = re.search(r'name="token" value="([^"]+)"', visitor.text)
    assert token is not None
    form = {"csrf_token": visitor.token(), "choix": "oui", "token": token.group(1)}
    return lambda: visitor.browser.post("/deconnexion", data=form)


def links(visitor: Visitor) -> Callable[[], object]:
    visitor.until_end()
    return lambda: link_form(visitor)


def links_and_comes_back(visitor: Visitor) -> Callable[[], object]:
    visitor.until_end()
    path = visitor.callback_of(link_form(visitor))
    return lambda: visitor.comes_back(path)


def resets_the_password(visitor: Visitor) -> Callable[[], object]:
    visitor.opens("/mot-de-passe-perdu")
    return visitor.presses_only


@pytest.mark.parametrize(
    "door",
    [
        presses,
        comes_back,
        says_it_is_somebody_else,
        logs_out,
        links,
        links_and_comes_back,
        resets_the_password,
    ],
)
def test_no_transaction_is_open_while_franceconnect_is_asked(
    visitor: Visitor,
    app: Flask,
    simulator: Simulator,
    asked_in_a_transaction: list[str],
    door: Callable[[Visitor], Callable[[], object]],
) -> None:
    opens = door(visitor)
    _forget(app.extensions["idp"].upstreams)
    simulator.control("DELETE", "/journal")

    opens()

    assert len(simulator.journal(DISCOVERY)) == 1
    assert asked_in_a_transaction == []


def _forget(logins: UpstreamLogins) -> None:
    """As a process that has just started, or whose copy has ended."""
    directory = logins._all["franceconnect"].directory
    directory._metadata = directory._keys = None


def test_the_fixture_sees_one_that_is_open(app: Flask, simulator: Simulator, asked_in_a_transaction: list[str]) -> None:
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        app.extensions["idp"].upstreams.answers("franceconnect")

    assert asked_in_a_transaction
    asked_in_a_transaction.clear()
