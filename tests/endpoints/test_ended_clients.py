"""A client that is disabled or removed: what it held is worth nothing at once, and after it is enabled again too."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from idp.accounts.models import Session
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.delivery.worker import Delivery
from idp.flows.desk import Desk
from idp.grants import ended_clients
from idp.grants.models import Consent, DeviceRequest, Grant
from idp.oidc.grant_types import DEVICE_CODE, TOKEN_EXCHANGE
from idp.provider.backchannel import CHANNEL
from idp.settings import Worker
from tests.conftest import BOTH_DATABASES, Clock
from tests.endpoints.conftest import RelyingParty, answer_of
from tests.registrations import Developer

API = "https://api.example.fr"
BYE = "https://portail.example.fr/adieu"


@pytest.fixture
def party(clock: Clock, register: Callable[..., RelyingParty], register_api: Callable[..., None]) -> RelyingParty:
    """A service with tokens for itself and for an API, that wants to hear of logouts; a parent logged in."""
    register_api(API, "api.read")
    scope = "openid profile offline_access api.read"
    made = register("cantine", scope=scope, resources=[API], backchannel_logout_uri=BYE)
    made.log_in()
    return made


@pytest.fixture
def api_server(party: RelyingParty, register: Callable[..., RelyingParty]) -> RelyingParty:
    return register("api", resource_server=API, resources=[API], grant_types=[TOKEN_EXCHANGE], redirect_uris=[])


def act(party: RelyingParty, do: Callable[..., object]) -> None:
    """Do that to the client, as an administrator; every process knows it a second later."""
    with party.app.app_context():
        do(party.client_id, by="test")
        db.session.commit()
    party.app.extensions["idp"].provider.clients.forget()


def off_and_on(party: RelyingParty, clock: Clock) -> None:
    act(party, ended_clients.disable)
    clock.advance(milliseconds=500)
    act(party, ended_clients.enable)
    clock.advance(milliseconds=500)


def works(app: Flask, clock: Clock) -> None:
    """The worker does its own work until none is left; what it sends to clients waits."""
    clock.advance(seconds=10)
    with app.app_context():
        delivery = Delivery({outbox.LATER: Desk()}, Worker(batch=1), threading.Event())
        while delivery.run_once():
            pass


def told(app: Flask) -> list[str]:
    """The sessions that the client hears of."""
    with app.app_context():
        query = select(Message).where(Message.channel == CHANNEL).order_by(Message.id)
        return [f"{message.recipient} {message.content['session_id']}" for message in db.session.scalars(query)]


def living(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Grant.client_id).where(Grant.revoked_at.is_(None))))


def test_a_disabled_client_gets_and_uses_nothing(party: RelyingParty, api_server: RelyingParty) -> None:
    tokens = party.redeem(party.code(scope="openid offline_access")).json
    for_api = party.redeem(party.code(scope="openid api.read", resource=API)).json
    code = party.code()

    act(party, ended_clients.disable)

    assert party.redeem(code).json["error"] == "invalid_client"
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_client"
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.authorize(prompt="none").status_code == 400
    assert api_server.post("/introspect", {"token": for_api["access_token"]}).json == {"active": False}


def test_a_token_of_a_disabled_client_is_not_exchanged(party: RelyingParty, api_server: RelyingParty) -> None:
    token = party.redeem(party.code(scope="openid api.read", resource=API)).json["access_token"]
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "resource": API}
    form["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
    assert api_server.post("/token", form).status_code == 200

    act(party, ended_clients.disable)

    assert api_server.post("/token", form).json["error"] == "invalid_request"


def test_what_was_exchanged_for_a_token_ends_with_its_client(
    party: RelyingParty, api_server: RelyingParty, clock: Clock
) -> None:
    """At once, and for good: the API that acts by it is another client, which is still enabled."""
    token = party.redeem(party.code(scope="openid api.read", resource=API)).json["access_token"]
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token": token, "resource": API}
    form["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
    exchanged = {"token": api_server.post("/token", form).json["access_token"]}
    again = {**form, "subject_token": exchanged["token"]}
    assert api_server.post("/introspect", exchanged).json["active"]
    assert api_server.post("/token", again).status_code == 200

    act(party, ended_clients.disable)

    assert api_server.post("/introspect", exchanged).json == {"active": False}
    assert api_server.post("/token", again).json["error"] == "invalid_request"
    off_and_on(party, clock)
    assert api_server.post("/introspect", exchanged).json == {"active": False}
    assert api_server.post("/token", again).json["error"] == "invalid_request"


def test_nothing_from_before_lives_again_when_the_client_is_enabled(
    party: RelyingParty, api_server: RelyingParty, clock: Clock
) -> None:
    """Also before the worker came: the attacker who held them must not wait for the mistake to be over."""
    tokens = party.redeem(party.code(scope="openid offline_access")).json
    for_api = party.redeem(party.code(scope="openid api.read", resource=API)).json["access_token"]
    own = party.post("/token", {"grant_type": "client_credentials", "scope": "api.read"}).json["access_token"]
    code = party.code()

    off_and_on(party, clock)

    for token in (tokens["access_token"], tokens["refresh_token"], for_api, own):
        assert party.post("/introspect", {"token": token}).json == {"active": False}
    assert api_server.post("/introspect", {"token": for_api}).json == {"active": False}
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert party.redeem(code).json["error"] == "invalid_grant"


def test_a_device_that_was_let_in_before_is_not_let_in_after(
    register: Callable[..., RelyingParty], clock: Clock
) -> None:
    screen = register("ecran", grant_types=[DEVICE_CODE], redirect_uris=[])
    begun = screen.post("/device_authorization", {"scope": "openid"}).json
    with screen.app.app_context():
        db.session.scalars(select(DeviceRequest)).one().state = "approved"
        db.session.commit()

    off_and_on(screen, clock)

    form = {"grant_type": DEVICE_CODE, "device_code": begun["device_code"]}
    assert screen.post("/token", form).json["error"] == "invalid_grant"


def test_an_enabled_client_works_with_what_it_asks_for_anew(party: RelyingParty, app: Flask, clock: Clock) -> None:
    off_and_on(party, clock)

    tokens = party.redeem(party.code(scope="openid offline_access")).json
    works(app, clock)

    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert party.refresh(tokens["refresh_token"]).status_code == 200
    assert living(app) == ["cantine"]


@BOTH_DATABASES
@pytest.mark.parametrize("end", [ended_clients.disable, ended_clients.remove], ids=["disable", "remove"])
def test_the_worker_ends_the_grants_and_tells_the_client_of_each_live_session(
    party: RelyingParty, register: Callable[..., RelyingParty], app: Flask, clock: Clock, end: Callable[..., object]
) -> None:
    """Back-Channel Logout §2.5. The parent's own session, and what other services hold, go on."""
    other = register("lsu")
    other.browser, other.account_id = party.browser, party.account_id
    kept = other.redeem(other.code(scope="openid offline_access")).json["refresh_token"]
    for _ in range(3):
        party.redeem(party.code(scope="openid offline_access"))
    act(party, end)

    works(app, clock)

    with app.app_context():
        session_id = db.session.scalars(select(Session.public_id)).one()
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "client.ended")).one()
        assert (entry.ids["grants"], entry.ids["sessions"]) == (3, 1)
    assert told(app) == [f"cantine {session_id}"]
    assert living(app) == ["lsu"]
    assert other.refresh(kept).status_code == 200
    assert answer_of(other.authorize(prompt="none"))["code"]


def test_many_grants_are_ended_in_steps(
    party: RelyingParty, app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended_clients, "BATCH", 2)
    for _ in range(5):
        party.redeem(party.code())
    act(party, ended_clients.disable)

    works(app, clock)

    assert living(app) == []
    with app.app_context():
        assert db.session.scalars(select(AuditEntry.ids).where(AuditEntry.event == "client.ended")).one()["grants"] == 5


def test_a_session_that_is_over_is_not_told(party: RelyingParty, app: Flask, clock: Clock) -> None:
    party.redeem(party.code(scope="openid offline_access"))
    clock.advance(days=1)
    act(party, ended_clients.disable)

    works(app, clock)

    assert told(app) == []


def test_consents_outlive_a_pause_and_not_a_removal(
    register: Callable[..., RelyingParty], app: Flask, clock: Clock
) -> None:
    """What a parent agreed to is asked once; what is removed has nothing any more."""
    party = register("garderie", first_party=False)
    party.log_in()
    party.redeem(answer_of(party.agrees_at(party.authorize()))["code"])

    off_and_on(party, clock)
    works(app, clock)
    with app.app_context():
        assert db.session.scalars(select(Consent.client_id)).all() == ["garderie"]
    act(party, ended_clients.remove)
    works(app, clock)

    with app.app_context():
        assert db.session.scalars(select(Consent)).all() == []


def test_a_client_that_ends_its_own_registration_ends_like_any_other(app: Flask, clock: Clock) -> None:
    """RFC 7592 §2.3."""
    developer = Developer(app)
    developer.has_token()
    registered = developer.register(backchannel_logout_uri=BYE).json
    assert registered
    party = RelyingParty(app, registered["client_id"])
    party.log_in()
    code = answer_of(party.agrees_at(party.authorize(scope="openid")))["code"]
    party.post("/token", party.code_form(code), secret=registered["client_secret"])

    assert developer.manage("DELETE", registered).status_code == 204
    works(app, clock)

    assert living(app) == []
    assert [line.partition(" ")[0] for line in told(app)] == [party.client_id]
