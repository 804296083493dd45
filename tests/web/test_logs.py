"""Nothing personal and no secret in a log, whatever happens (ATTACKS 134, CWE-532)."""

import json
import logging

import pytest
import structlog
from flask import Flask
from sqlalchemy import text

from idp import logs
from idp.db import db
from tests.journeys.conftest import PASSWORD, Parent, another_browser, family, parent  # noqa: F401

PLANTED = ("Durant", "DURANT", "Valery", "Valéry", "639981234", "06 39 98 12 34", "2017", PASSWORD, "v.durant1")


@pytest.fixture
def output(capfd: pytest.CaptureFixture[str]):
    """What the process wrote, structured logs and all others, once the test asks."""
    logging.getLogger().setLevel(logging.DEBUG)
    structlog.reset_defaults()
    logs.configure("json")
    yield lambda: "".join(capfd.readouterr())
    structlog.reset_defaults()
    logging.getLogger().setLevel(logging.WARNING)


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_whole_registration_with_its_mistakes_leaves_no_trace_of_anybody(
    app: Flask, parent: Parent, output, form
) -> None:
    """ATTACKS 134."""
    logs.configure(form)
    parent.begins().gives(mobile="06 39 98 99 99")
    parent.until_code().enters_code("000000")
    code = parent.last_code()
    parent.enters_code(code).enters_dates().chooses("abc")
    parent.chooses()
    parent.sends(f"/inscription/{parent.flow_id}/terminee", email="valery.durant@example.org")
    parent.logs_in(password="notthisone1").opens("/nothing?code=SplxlOBeZQQYbYS6WxSbIA&nom=Durant")
    parent.browser.post(parent.path, data={"nom": "Durant", "mot_de_passe": PASSWORD})
    cookies = [cookie.value for cookie in parent.browser._cookies.values()]

    told = output()

    assert "error_page" in told
    planted = [*PLANTED, code, "notthisone1", "valery.durant@example.org", "SplxlOBeZQQYbYS6WxSbIA", *cookies]
    assert [word for word in planted if word in told.replace("2017-", "")] == []


def test_a_crash_tells_where_and_not_what(app: Flask, output) -> None:
    """ATTACKS 134, 139: the database's own message repeats the values."""
    app.testing = False

    @app.get("/crash")
    def crash() -> str:
        db.session.execute(
            text("INSERT INTO accounts (id, identifiant) VALUES (:id, :name)"), {"id": "x", "name": "v.durant1"}
        )
        return ""

    answer = app.test_client().get("/crash?nom=Durant")
    event = next(json.loads(line) for line in output().splitlines() if '"event":"crash"' in line)

    assert answer.status_code == 500
    assert "v.durant1" not in json.dumps(event)
    assert event["exception"].startswith("sqlalchemy.exc.IntegrityError")
    assert "test_logs.py" in event["trace"]
    assert event["incident"] in answer.text


def test_logs_of_libraries_that_hold_addresses_stay_silent(output) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET http://127.0.0.1/cgi-bin/sendsms?to=%2B33639981234&text=123456")

    assert "639981234" not in output()
