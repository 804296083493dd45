"""What programs read: keys' states, the audit log, the outbox, staff."""

import datetime as dt

import pytest

from idp import audit, clock
from idp.db import db
from idp.delivery import outbox
from idp.staff import service as staff_service


@pytest.fixture
def records(program):
    with program.party.app.app_context():
        for event in ("login.failed", "login.succeeded", "registry.corrected"):
            audit.record(event, account_id="a" * 32, uai="0599901S" if event.startswith("registry") else None)
        outbox.queue("mail", "valery@example.org", {"subject": "Code 123456"}, purpose="test")
        staff_service.add("claire.martin", "Mme Martin", "support", academie="Lille", by="test")
        db.session.commit()
    return program


def events(answer):
    return [item["event"] for item in answer.json["items"]]


def test_keys_are_listed_without_their_private_parts(records):
    items = records.calls("GET", "/keys").json["items"]

    assert {"next", "current"} <= {item["state"] for item in items}
    assert all(item.keys() == {"alg", "kid", "state", "published_until"} for item in items)


def test_the_audit_log_is_filtered(records):
    assert events(records.calls("GET", "/audit?act=login")) == ["login.succeeded", "login.failed"]
    assert events(records.calls("GET", "/audit?school=0599901S")) == ["registry.corrected"]
    tomorrow = (clock.now() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert events(records.calls("GET", f"/audit?since={tomorrow}")) == []


def test_the_audit_log_is_read_page_by_page(records):
    first = records.calls("GET", f"/audit?account_id={'a' * 32}&limit=2").json
    second = records.calls("GET", f"/audit?account_id={'a' * 32}&limit=2&before={first['next']}").json

    assert [item["event"] for item in first["items"]] == ["registry.corrected", "login.succeeded"]
    assert [item["event"] for item in second["items"]] == ["login.failed"]
    assert "next" not in second


def test_reading_the_audit_log_is_audited(records):
    records.calls("GET", "/audit?act=login")

    assert events(records.calls("GET", "/audit?act=audit.read&by=client:outillage")) == ["audit.read"]


SENSELESS = (
    *("limit=0", "limit=x", "limit=1001", "limit=²", "since=x", "since=2026-01-01", "act=a%00b"),
    *("since=0001-01-01T00:00:00%2B14:00", "until=9999-12-31T23:59:59-14:00"),
)


@pytest.mark.parametrize("query", SENSELESS)
def test_a_question_that_makes_no_sense_is_refused(records, query):
    assert records.calls("GET", f"/audit?{query}").status_code == 400


def test_the_outbox_shows_no_content_and_no_recipient(records):
    answer = records.calls("GET", "/outbox")

    assert answer.json["items"][0]["purpose"] == "test"
    assert "valery" not in answer.text
    assert "123456" not in answer.text


def test_staff_are_listed_and_the_look_is_audited(records):
    [account] = records.calls("GET", "/staff").json["items"]

    assert account == {
        "login": "claire.martin",
        "name": "Mme Martin",
        "role": "support",
        "academie": "Lille",
        "schools": [],
        "disabled": False,
        "has_second_factor": False,
    }
    assert events(records.calls("GET", "/audit?act=staff.listed")) == ["staff.listed"]
