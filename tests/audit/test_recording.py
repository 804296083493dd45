import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from idp import audit
from idp.audit import AuditEntry
from idp.db import db

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def test_an_entry_is_kept_with_the_act(database: Flask, clock) -> None:
    audit.record("login.accepted", account_id="a" * 32, client_id="portal", tries=2)
    db.session.commit()

    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.event, entry.account_id, entry.client_id) == ("login.accepted", "a" * 32, "portal")
    assert entry.ids == {"tries": 2}
    assert entry.at == clock.instant


def test_an_entry_goes_with_a_rolled_back_act(database: Flask) -> None:
    audit.record("login.accepted")
    db.session.rollback()

    assert db.session.scalars(select(AuditEntry)).all() == []


def test_an_entry_cannot_be_changed_through_the_model(database: Flask) -> None:
    audit.record("login.accepted")
    entry = db.session.scalars(select(AuditEntry)).one()
    entry.event = "login.refused"

    with pytest.raises(audit.AppendOnly):
        db.session.flush()


@pytest.mark.parametrize("statement", [update(AuditEntry).values(event="x"), delete(AuditEntry)])
def test_the_database_itself_refuses_changes_and_deletions(database: Flask, statement) -> None:
    audit.record("login.accepted")
    db.session.commit()

    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(statement)


def test_control_characters_are_escaped(database: Flask) -> None:
    audit.record("client.refused", client_id="x\r\nlogin.accepted")

    assert db.session.scalars(select(AuditEntry.client_id)).one() == "x\\r\\nlogin.accepted"


def test_a_fact_that_is_no_id_is_refused(database: Flask) -> None:
    with pytest.raises(TypeError):
        audit.record("login.accepted", person={"name": "DURANT"})  # type: ignore[arg-type]


def test_an_event_that_is_no_name_is_refused(database: Flask) -> None:
    with pytest.raises(ValueError, match="event"):
        audit.record("Login accepted")
