"""Codes whose SMS could not leave at once: who types the code of the last SMS that came is right."""

import threading

import pytest
from sqlalchemy import select

from idp.db import db
from idp.delivery.errors import Undelivered
from idp.delivery.worker import Delivery
from idp.registry.models import Responsable
from idp.settings import Worker
from tests.conftest import BOTH_DATABASES
from tests.journeys.forgetful import loses_password


class Gateway:
    """Takes texts, unless it is down."""

    def __init__(self):
        self.texts, self.is_down = [], True

    def send(self, message):
        if self.is_down:
            raise Undelivered("HTTP 503")
        self.texts.append(message.content["text"])
        return ""


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture
def minutes_pass(app, clock, gateway):
    """Lets the worker work meanwhile."""
    delivery = Delivery({"sms": gateway}, Worker(), threading.Event())

    def wait(minutes):
        with app.app_context():
            for _time in range(minutes * 12):
                delivery.run_once()
                clock.advance(seconds=5)

    return wait


@BOTH_DATABASES
def test_a_code_whose_sms_could_not_leave_does_not_come_after_the_next_one(parent, gateway, minutes_pass):
    parent.until_code()
    minutes_pass(2)
    parent.asks_another_code()
    code = parent.last_code()
    gateway.is_down = False

    minutes_pass(10)

    assert [text[-6:] for text in gateway.texts] == [code]
    assert parent.enters_code(code).reaches("dates")


@BOTH_DATABASES
def test_the_code_of_another_parent_on_the_same_mobile_leaves(parent, another_browser, gateway, minutes_pass):
    parent.until_code()
    code = parent.last_code()
    minutes_pass(2)
    another_code = another_browser.until_code().last_code()
    gateway.is_down = False

    minutes_pass(10)

    assert {text[-6:] for text in gateway.texts} == {code, another_code}
    assert parent.enters_code(code).reaches("dates")


def test_a_code_for_other_names_on_the_same_mobile_takes_the_place_of_the_first(
    parent, add_father, app, gateway, minutes_pass
):
    add_father()
    with app.app_context():
        db.session.scalars(select(Responsable).where(Responsable.first_name == "Paul")).one().mobile = "+33639981234"
        db.session.commit()
    parent.until_code()
    minutes_pass(2)

    parent.opens(f"/inscription/{parent.flow_id}/informations").gives(prenom="Paul")
    code = parent.last_code()
    gateway.is_down = False
    minutes_pass(10)

    assert [text[-6:] for text in gateway.texts] == [code]


def test_a_code_that_was_typed_leaves_no_more_though_the_gateway_never_acknowledged_it(parent, gateway, minutes_pass):
    parent.until_code()
    minutes_pass(1)

    parent.enters_code(parent.last_code())
    gateway.is_down = False
    minutes_pass(10)

    assert gateway.texts == []


def test_recovery_asked_twice_sends_the_last_code(parent, another_browser, clock, gateway, minutes_pass):
    parent.until_end()
    clock.advance(hours=2)
    loses_password(another_browser, by="sms")
    page = another_browser.path
    minutes_pass(2)
    another_browser.opens(page).sends(f"{page}/renvoyer")
    code = another_browser.last_code()
    gateway.is_down = False

    minutes_pass(10)

    assert [text[-6:] for text in gateway.texts] == [code]
    assert another_browser.sends(page, code=code).sees("Choisissez un nouveau mot de passe")
