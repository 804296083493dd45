"""What is taken from a client while it is being used: it ends, whichever of the two comes first."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from idp.db import db
from idp.db.hot import Parameters, PostgresqlHotPath, Row
from idp.grants import consents, sign_out
from idp.oidc.grant_types import TOKEN_EXCHANGE
from idp.relying_parties import administration
from tests.conftest import BOTH_DATABASES
from tests.db.test_conflicts import ON_POSTGRESQL
from tests.endpoints.conftest import RelyingParty, answer_of, identity_of
from tests.endpoints.test_token_device import DEVICE, begin, decide, enter, poll
from tests.endpoints.test_token_exchange import exchange

API = "https://api.example.fr"
OFFLINE = "openid profile offline_access"
Act = Callable[[str], object]
SIGNING_OUT = pytest.mark.parametrize(
    "sign_out_of_all",
    [sign_out.end_sessions, lambda account_id: sign_out.end_all([account_id])],
    ids=["one account", "many accounts"],
)


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Somebody else, at the same time."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def until_it_waits(started: Future[object]) -> None:
    """Until what was started is over, or waits for another transaction; only PostgreSQL tells that."""
    with db.engine.connect() as connection:
        while connection.dialect.name == "postgresql" and not started.done():
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
            wait([started], timeout=0.01)


@BOTH_DATABASES
@SIGNING_OUT
def test_a_code_redeemed_while_everything_is_signed_out_is_worth_nothing(
    app: Flask, portal: RelyingParty, beside: ThreadPoolExecutor, sign_out_of_all: Act
) -> None:
    """ATTACKS 71: also for offline use."""
    portal.log_in()
    code = portal.code(scope=OFFLINE)

    with app.app_context():
        sign_out_of_all(portal.account_id)
        redeemed = beside.submit(portal.redeem, code)
        until_it_waits(redeemed)
        db.session.commit()

    assert redeemed.result().json["error"] == "invalid_grant"


@ON_POSTGRESQL
@SIGNING_OUT
def test_a_sign_out_ends_a_grant_that_was_just_being_made(
    app: Flask,
    portal: RelyingParty,
    beside: ThreadPoolExecutor,
    sign_out_of_all: Act,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ATTACKS 71"""
    portal.log_in()
    code = portal.code(scope=OFFLINE)
    made, execute = threading.Event(), PostgresqlHotPath._execute
    signed_out: Future[object] = Future()

    def execute_slowly(path: PostgresqlHotPath, sql: str, parameters: Parameters) -> Row | None:
        if not sql.startswith("INSERT INTO grants"):
            return execute(path, sql, parameters)
        with path._connection().transaction():
            row = execute(path, sql, parameters)
            made.set()
            with app.app_context():
                until_it_waits(signed_out)
        return row

    monkeypatch.setattr(PostgresqlHotPath, "_execute", execute_slowly)
    redeemed: Future[TestResponse] = beside.submit(portal.redeem, code)
    assert made.wait(30)
    with app.app_context():
        sign_out_of_all(portal.account_id)
        db.session.commit()
    signed_out.set_result(None)
    monkeypatch.undo()

    tokens = redeemed.result().json
    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def correct(party: RelyingParty, **members: object) -> None:
    """Change the registration as an administrator does; every process knows it a second later."""
    with party.app.app_context():
        administration.update(party.client_id, members, by="test", demo=False)
        db.session.commit()
    party.app.extensions["idp"].provider.clients.forget()


@BOTH_DATABASES
def test_a_scope_taken_from_a_client_is_in_nothing_that_it_gets_or_asks_for(portal: RelyingParty) -> None:
    """ATTACKS 49: neither by a code, a token nor a refresh token from before."""
    portal.log_in()
    code = portal.code(scope="openid profile email eleves")
    tokens = portal.redeem(portal.code(scope="openid profile email eleves")).json

    correct(portal, scope="openid profile")

    assert portal.userinfo(tokens["access_token"]).json.keys().isdisjoint({"email", "eleves"})
    assert portal.post("/introspect", {"token": tokens["access_token"]}).json["scope"] == "openid profile"
    assert portal.redeem(code).json["scope"] == "openid profile"
    assert portal.refresh(tokens["refresh_token"], scope="openid email").json["error"] == "invalid_scope"
    refreshed = portal.refresh(tokens["refresh_token"]).json
    assert refreshed["scope"] == "openid profile"
    assert portal.userinfo(refreshed["access_token"]).json.keys().isdisjoint({"email", "eleves"})


def test_a_claim_of_a_scope_taken_from_a_client_is_not_told_either(portal: RelyingParty) -> None:
    """ATTACKS 49"""
    portal.log_in(email="claire@example.fr")
    asked = '{"userinfo": {"email": null}, "id_token": {"email": null}}'
    tokens = portal.redeem(portal.code(scope="openid profile", claims=asked)).json
    assert portal.userinfo(tokens["access_token"]).json["email"] == "claire@example.fr"

    correct(portal, scope="openid profile")

    assert "email" not in portal.userinfo(tokens["access_token"]).json
    assert "email" not in identity_of(portal, portal.refresh(tokens["refresh_token"]).json["id_token"])


def test_a_client_that_may_not_act_offline_any_more_refreshes_nothing_offline(portal: RelyingParty) -> None:
    """Until it may again: nothing of the parent's was taken back."""
    portal.log_in()
    token = portal.redeem(portal.code(scope=OFFLINE)).json["refresh_token"]

    correct(portal, scope="openid profile")

    assert portal.refresh(token).json["error"] == "invalid_grant"
    correct(portal, scope=OFFLINE)
    assert portal.refresh(token).status_code == 200


def test_an_api_taken_from_a_client_gets_no_tokens_of_it(
    register: Callable[..., RelyingParty], register_api: Callable[..., None]
) -> None:
    """ATTACKS 37: neither by a code, a refresh token nor an exchange."""
    register_api(API, "api.read")
    party = register("cantine", scope="openid profile api.read", resources=[API])
    party.log_in()
    service = register("api", grant_types=[TOKEN_EXCHANGE], redirect_uris=[], resource_server=API, resources=[API])
    code = party.code(scope="openid api.read", resource=API)
    tokens = party.redeem(party.code(scope="openid api.read", resource=API)).json
    assert exchange(service, tokens["access_token"]).json["scope"] == "api.read"

    correct(party, scope="openid profile", resources=None)

    assert party.redeem(code).json["error"] == "invalid_target"
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_target"
    assert exchange(service, tokens["access_token"]).json["error"] == "invalid_target"


def test_what_a_service_exchanges_has_no_scope_that_was_taken_from_who_was_given_it(
    register: Callable[..., RelyingParty], register_api: Callable[..., None]
) -> None:
    """ATTACKS 37: nor does what is exchanged again for that."""
    register_api(API, "api.read", "api.write")
    scope = "openid api.read api.write"
    party = register("cantine", scope=scope, resources=[API])
    party.log_in()
    service = register("api", grant_types=[TOKEN_EXCHANGE], redirect_uris=[], resource_server=API, resources=[API])
    token = party.redeem(party.code(scope=scope, resource=API)).json["access_token"]
    exchanged = exchange(service, token).json["access_token"]

    correct(party, scope="openid api.read")

    assert [exchange(service, shown).json["scope"] for shown in (token, exchanged)] == ["api.read"] * 2
    assert service.post("/introspect", {"token": exchanged}).json["scope"] == "api.read"


@pytest.fixture
def canteen(register: Callable[..., RelyingParty]) -> RelyingParty:
    """A service of somebody else, to which the parent must agree; the parent logged in."""
    party = register("cantine", first_party=False)
    party.log_in()
    return party


def code_of(canteen: RelyingParty) -> str:
    """A code after the parent's consent."""
    return answer_of(canteen.agrees_at(canteen.authorize(scope=OFFLINE)))["code"]


@BOTH_DATABASES
def test_a_code_is_worth_nothing_once_its_consent_is_withdrawn(app: Flask, canteen: RelyingParty) -> None:
    code = code_of(canteen)

    with app.app_context():
        assert consents.withdraw(canteen.account_id, "cantine")
        db.session.commit()

    assert canteen.redeem(code).json["error"] == "invalid_grant"


@BOTH_DATABASES
def test_a_code_redeemed_while_its_consent_is_withdrawn_is_worth_nothing(
    app: Flask, canteen: RelyingParty, beside: ThreadPoolExecutor
) -> None:
    code = code_of(canteen)

    with app.app_context():
        consents.withdraw(canteen.account_id, "cantine")
        redeemed = beside.submit(canteen.redeem, code)
        until_it_waits(redeemed)
        db.session.commit()

    assert redeemed.result().json["error"] == "invalid_grant"


@BOTH_DATABASES
@pytest.mark.parametrize("first_party", [True, False])
def test_a_device_that_was_let_in_is_refused_once_that_is_taken_back(
    app: Flask, register: Callable[..., RelyingParty], first_party: bool
) -> None:
    """Also when the parent agrees to another use of the client afterwards."""
    screen = register("ecran", first_party=first_party, grant_types=[DEVICE, "refresh_token"], redirect_uris=[])
    parent = register("portail")
    parent.log_in()
    begun = begin(screen).json
    assert begun
    decide(parent, enter(parent, begun["user_code"]).location)

    with app.app_context():
        consents.withdraw(parent.account_id, "ecran")
        consents.give(parent.account_id, "ecran", ("openid",))
        db.session.commit()

    assert poll(screen, begun["device_code"]).json["error"] == "access_denied"
