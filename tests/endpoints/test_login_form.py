"""The login form of somebody whom a service sends: what is usual is answered in front of Flask, the rest as ever."""

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from flask import Flask, request_started
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from idp import audit
from idp import clock as time
from idp.accounts import passwords
from idp.accounts.models import Account, LoginAttempts, Session
from idp.app import create_app
from idp.audit import AuditEntry
from idp.db import db
from idp.flows.models import Flow
from idp.settings import Limits, Login, Settings
from tests.conftest import BOTH_DATABASES, Clock
from tests.endpoints.conftest import PASSWORD, RelyingParty, hidden

Sends = Callable[..., TestResponse]


@pytest.fixture
def parent(app: Flask, portal: RelyingParty) -> Callable[..., None]:
    """Give `c.martin1` an account with a password and a proved address, and whatever else is told."""

    def give(**facts: Any) -> None:
        password_hash = passwords.hash(PASSWORD, app.config["IDP"].passwords)
        portal.log_in(**{"password_hash": password_hash, "email_verified_at": time.now(), **facts})
        portal.browser.delete_cookie("idp_session")

    return give


@pytest.fixture
def sends(app: Flask, portal: RelyingParty, parent: Callable[..., None]) -> Sends:
    """Send the login page's form; what is told is changed in it, None leaves a field out."""
    parent()

    def send(headers: dict[str, str] | None = None, path: str = "", **changes: str | None) -> TestResponse:
        visitor = RelyingParty(app)
        location = visitor.authorize().location
        form = {"csrf_token": hidden(visitor.browser.get(location).text, "csrf_token")}
        form |= {"identifiant": "c.martin1", "mot_de_passe": PASSWORD, **changes}
        form = {name: value for name, value in form.items() if value is not None}
        return visitor.browser.post(path or location, data=form, headers=headers)

    return send


@pytest.fixture
def through_flask(app: Flask) -> list[str]:
    """Requests that Flask answered."""
    paths: list[str] = []

    def note(sender: Flask, **_more: object) -> None:
        paths.append(sender.name)

    request_started.connect(note, app, weak=False)
    return paths


@BOTH_DATABASES
def test_the_right_password_opens_a_session_without_flask(sends: Sends, through_flask: list[str]):
    sends()  # Draws the page that is kept.
    before = len(through_flask)

    answer = sends(headers={"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"})

    assert len(through_flask) == before
    assert answer.location.startswith("/authorize/resume?flow=")
    cookies = answer.headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["idp_session", "idp_state"]
    assert "HttpOnly; Path=/; SameSite=Lax" in cookies[0]
    assert answer.headers["Cache-Control"] == "no-store"


@BOTH_DATABASES
def test_a_login_leaves_the_same_whether_or_not_the_browser_had_a_session(
    clock: Clock, app: Flask, portal: RelyingParty, sends: Sends, through_flask: list[str]
):
    """With one, Flask answers."""
    left, answered = [], []
    for _time in ("without", "with"):
        sends(mot_de_passe="notthisone1")
        clock.advance(hours=1)
        location = portal.authorize(prompt="login").location
        form = {"csrf_token": hidden(portal.browser.get(location).text, "csrf_token"), "identifiant": "c.martin1"}
        before = len(through_flask)
        portal.browser.post(location, data=form | {"mot_de_passe": PASSWORD})
        answered.append(len(through_flask) - before)
        with app.app_context():
            account = db.session.scalars(select(Account)).one()
            session = db.session.scalars(select(Session).order_by(Session.auth_time.desc())).first()
            line = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
            flow = db.session.scalars(select(Flow).order_by(Flow.id.desc())).first()
            left.append(
                [
                    (account.language, account.last_login_at == clock(), account.state),
                    (session.amr, session.acr, session.auth_time == clock(), session.ends_at - clock()),
                    (line.event, line.account_id == account.id, line.at == clock(), line.ids),
                    (flow.account_id == account.id, flow.ended_at == clock()),
                    db.session.scalars(select(LoginAttempts)).all(),
                ]
            )

    assert answered == [0, 1]
    assert left[0] == left[1]


@BOTH_DATABASES
def test_a_password_changed_while_the_old_one_is_checked_opens_nothing(app: Flask, sends: Sends, monkeypatch):
    """ATTACKS 71: the login that races with a reset loses."""
    verify = passwords.verify

    def slowly(*arguments: Any) -> bool:
        right = verify(*arguments)
        with app.app_context():
            db.session.scalars(select(Account)).one().password_hash = "another"
            db.session.commit()
        return right

    monkeypatch.setattr(passwords, "verify", slowly)

    answer = sends()

    assert answer.status_code == 422
    assert "L’identifiant ou le mot de passe est incorrect." in answer.text
    assert "Set-Cookie" not in answer.headers


@BOTH_DATABASES
def test_a_wrong_password_is_told_on_the_page_and_counted_once(app: Flask, sends: Sends):
    answer = sends(mot_de_passe="notthisone1")

    assert answer.status_code == 422
    assert "L’identifiant ou le mot de passe est incorrect." in answer.text
    assert 'value="c.martin1"' in answer.text
    with app.app_context():
        assert db.session.scalars(select(LoginAttempts)).one().failures == 1
        assert [line.event for line in db.session.scalars(select(AuditEntry))] == ["login.failed"]


def test_too_many_wrong_passwords_must_wait(sends: Sends):
    answers = [sends(mot_de_passe="notthisone1") for _try in range(4)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert "Attendez un peu" in answers[-1].text.replace("\N{NO-BREAK SPACE}", " ")


@BOTH_DATABASES
@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "suspended"}, "Ce compte est suspendu"),
        ({"state": "merged"}, "Ce compte est regroupé"),
    ],
)
def test_an_account_that_may_not_log_in_is_told_why(sends: Sends, parent: Callable[..., None], facts, words: str):
    parent(**facts)

    answer = sends()

    assert answer.status_code == 422
    assert words in answer.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Set-Cookie" not in answer.headers


@BOTH_DATABASES
@pytest.mark.parametrize(
    ("column", "page"),
    [("new_password_due_at", "/mot-de-passe-a-changer"), ("email_bounced_at", "/verification-mail/")],
)
def test_an_account_that_asks_for_more_goes_there(sends: Sends, parent: Callable[..., None], column: str, page: str):
    parent(**{column: dt.datetime(2026, 3, 1, tzinfo=dt.UTC)})

    assert page in sends().location


def test_a_hash_with_old_parameters_is_made_anew(app: Flask, sends: Sends, parent: Callable[..., None]):
    old = passwords.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    parent(password_hash=old)

    assert "/authorize/resume" in sends().location
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert not passwords.needs_rehash(account.password_hash, app.config["IDP"].passwords)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_a_form_from_another_site_opens_nothing(sends: Sends, headers: dict[str, str]):
    answer = sends(headers=headers)

    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é", "\ud800"])
def test_a_form_without_its_token_opens_nothing(sends: Sends, token: str | None):
    assert sends(csrf_token=token if token != "\ud800" else "%ED%A0%80").status_code == 400


@pytest.mark.parametrize("field", ["state", "account_id", "role"])
def test_a_planted_field_is_written_down_and_changes_nothing(app: Flask, sends: Sends, field: str):
    answer = sends(**{field: "admin"})

    assert "/authorize/resume" in answer.location
    with app.app_context():
        events = [line.event for line in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert events == ["form.planted_field", "login.succeeded"]


@pytest.mark.parametrize("field", ["identifiant", "mot_de_passe"])
@pytest.mark.parametrize("value", ["\x00", "é" * 5000, "' OR 1=1 --", None, "a" * 200_000])
def test_hostile_text_is_only_wrong(sends: Sends, field: str, value: str | None):
    answer = sends(**{field: value})

    assert answer.status_code == 422
    assert "<main" in answer.text


def test_a_body_without_end_is_told_on_a_page(sends: Sends):
    answer = sends(mot_de_passe="a" * 300_000)

    assert answer.status_code == 413
    assert "<main" in answer.text


def test_a_form_counts_once_for_its_address(settings: Settings, app: Flask, sends: Sends):
    """Whether it is answered in front of Flask (the right password) or not."""
    narrow = create_app(msgspec.structs.replace(settings, limits=Limits(requests_per_address_per_minute=3)))
    visitor = RelyingParty(narrow)
    location = visitor.authorize().location
    form = {"csrf_token": hidden(visitor.browser.get(location).text, "csrf_token"), "identifiant": "c.martin1"}
    here = {"REMOTE_ADDR": "192.0.2.77"}

    def post(password: str) -> int:
        data = form | {"mot_de_passe": password}
        return visitor.browser.post(location, data=data, environ_overrides=here).status_code

    statuses = [post("notthisone1"), post("notthisone1"), post(PASSWORD)]

    visitor.browser.delete_cookie("idp_session")
    assert [*statuses, post(PASSWORD)] == [422, 422, 303, 429]
    narrow.extensions["idp"].hot.close()


def test_a_second_press_on_the_button_goes_the_same_way(app: Flask, sends: Sends):
    visitor = RelyingParty(app)
    location = visitor.authorize().location
    form = {"csrf_token": hidden(visitor.browser.get(location).text, "csrf_token")}
    form |= {"identifiant": "c.martin1", "mot_de_passe": PASSWORD}

    answers = [visitor.browser.post(location, data=form) for _press in range(2)]

    assert answers[0].location == answers[1].location


@BOTH_DATABASES
def test_of_forms_sent_together_no_more_are_looked_at_than_their_address_has_left(
    settings: Settings, portal: RelyingParty
):
    """ATTACKS 82."""
    narrow = create_app(msgspec.structs.replace(settings, login=Login(failures_per_address=3)))
    visitors = [RelyingParty(narrow) for _visitor in range(8)]
    forms = []
    for number, visitor in enumerate(visitors):
        location = visitor.authorize().location
        token = hidden(visitor.browser.get(location).text, "csrf_token")
        forms.append((location, {"csrf_token": token, "identifiant": f"z.nobody{number}", "mot_de_passe": "wrongone1"}))
    together = threading.Barrier(len(visitors))

    def send(number: int) -> int:
        location, form = forms[number]
        together.wait()
        return visitors[number].browser.post(location, data=form).status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        statuses = list(pool.map(send, range(len(visitors))))

    assert sorted(statuses) == [422] * 3 + [429] * 5
    narrow.extensions["idp"].hot.close()


def test_right_passwords_use_nothing_up_of_their_address(settings: Settings, sends: Sends):
    statuses = {sends().status_code for _time in range(settings.login.failures_per_address + 1)}

    assert statuses == {303}


class Conflict(Exception):
    """What a database says of a transaction that lost."""

    sqlstate = "40001"


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("", {}, Conflict()), 422), (OperationalError("", {}, Exception()), 500)]
)
def test_what_fails_here_is_done_again_or_told_on_a_page(
    sends: Sends, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
):
    record, failures = audit.record, [error]

    def fail_once(*arguments: Any, **ids: Any) -> None:
        if failures:
            raise failures.pop()
        record(*arguments, **ids)

    monkeypatch.setattr(audit, "record", fail_once)

    answer = sends(mot_de_passe="notthisone1")

    assert (answer.status_code, answer.mimetype) == (status, "text/html")
