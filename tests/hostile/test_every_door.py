"""Every endpoint, page and form, driven by hypothesis from the applications' own URL maps (ATTACKS 28, 139)."""

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import Client, TestResponse

from demo.mailbox.store import Store
from demo.mailbox.web import create_app as create_mailbox
from idp import limits
from idp.accounts.models import Account, Session
from idp.db import Base, db
from tests.hostile.requests import Attack, address, attacks, doors

pytestmark = pytest.mark.slow

SHARDS = 8
"""The doors are shared out, so that test processes work side by side."""
MAY_GROW = frozenset({"flows", "counters", "audit_entries", "login_attempts", "outbox", "identifiants"})
"""Tables that a stranger's requests may add to; every other one must stay as it is."""
THOROUGH = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def send(browser: Client, method: str, rule: Rule, attack: Attack) -> TestResponse:
    headers = [
        *attack.headers,
        *([("Cookie", "; ".join(f"{n}={v}" for n, v in attack.cookies))] if attack.cookies else []),
    ]
    body = attack.body if method in ("POST", "PUT", "PATCH", "DELETE") else b""
    return browser.open(
        address(rule, attack),
        method=method,
        data=body,
        content_type=attack.kind,
        headers=headers,
        follow_redirects=False,
    )


def check(answer: TestResponse, what: str) -> None:
    """Never a crash; never a stack trace; never a header that the request wrote."""
    assert answer.status_code < 500 or answer.status_code in (501, 503), what
    assert b"Traceback (most recent call last)" not in answer.data, what
    assert b"<script>alert(1)" not in answer.data, what
    assert "x=y" not in answer.headers.getlist("Set-Cookie"), what


def attack_doors(app: Flask, shard: int, browser: Callable[[], Client], form: dict[str, str]) -> None:
    for method, rule in doors(app)[shard::SHARDS]:
        attack_door(method, rule, browser, form)


def attack_door(method: str, rule: Rule, browser: Callable[[], Client], form: dict[str, str]) -> None:
    @THOROUGH
    @given(attacks)
    def strike(attack: Attack) -> None:
        armed = Attack(**{**vars(attack), "form": [*((n, v.encode()) for n, v in form.items()), *attack.form]})
        check(send(browser(), method, rule, armed), f"{method} {rule.rule}: {armed}")

    strike()


def picture(app: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with app.app_context():
        tables = [table for table in Base.metadata.sorted_tables if table.name not in MAY_GROW]
        counted = {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
        db.session.rollback()
    return counted


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attacker with many addresses."""
    monkeypatch.setattr(limits, "hit_address", lambda *_, **__: True)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_stranger_breaks_and_changes_nothing(app: Flask, family, clock, shard: int) -> None:
    """ATTACKS 28."""
    before = picture(app)

    attack_doors(app, shard, app.test_client, {})

    assert picture(app) == before


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_parent_with_a_session_and_the_forms_token_breaks_nothing(app: Flask, parent, shard: int) -> None:
    """ATTACKS 28, 103: the same behind the login, with a valid token, fields that no form has included."""
    parent.until_end()
    parent.opens("/connexion")
    token = parent.token()
    with app.app_context():
        rows = (db.session.scalars(select(Account)).one().state, len(db.session.scalars(select(Session)).all()))
        db.session.rollback()
    fields = {"csrf_token": token, "state": "active", "role": "admin", "email_verified_at": "1", "responsable_id": "1"}

    attack_doors(app, shard, lambda: parent.browser, fields)

    assert rows[0] == "active"


@pytest.mark.parametrize("program", ["portal", "lsu", "tryit"])
@pytest.mark.parametrize("logged_in", [False, True])
def test_relying_parties_break_at_nothing(request: pytest.FixtureRequest, program: str, logged_in: bool) -> None:
    browser = request.getfixturevalue(program)
    if logged_in:
        browser.logs_in()

    for shard in range(SHARDS):
        attack_doors(browser.client.application, shard, lambda: browser.client, {})


def test_the_mailbox_breaks_at_nothing(tmp_path) -> None:
    app = create_mailbox(Store(tmp_path))

    for shard in range(SHARDS):
        attack_doors(app, shard, app.test_client, {})
