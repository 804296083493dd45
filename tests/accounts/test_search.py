"""Support finds an account from what its owner says on the telephone."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, text

from idp import audit, clock
from idp.accounts import request_numbers, search
from idp.accounts.models import Account, AccountResponsable, Identifiant
from idp.accounts.search import Results, everywhere, find
from idp.db import db
from idp.registry import names
from idp.registry.models import Responsable, School
from tests.conftest import BOTH_DATABASES, Clock

pytestmark = BOTH_DATABASES

LILLE, MARSEILLE = "0590001A", "0130003C"


@pytest.fixture
def adult(database: Flask) -> Callable[..., None]:
    """An adult of a school, with an account where there is an identifiant."""
    db.session.add_all([School(uai=LILLE, name="Salengro"), School(uai=MARSEILLE, name="Vieux-Port")])
    db.session.flush()

    def add(family: str, first: str, identifiant: str = "", uai: str = LILLE, usage: str = "", **facts: str) -> None:
        keys = {"family_key": names.key(family), "usage_key": names.key(usage), "first_key": names.key(first)}
        known = Responsable(uai=uai, family_name=family, usage_name=usage, first_name=first, **keys)
        known.mobile = facts.get("mobile")
        db.session.add(known)
        db.session.flush()
        if identifiant:
            account = db.session.query(Account).filter_by(identifiant=identifiant).one_or_none()
            if account is None:
                now = clock.now()
                account = Account(identifiant=identifiant, family_name=family, usage_name=usage, first_name=first)
                account.created_at = account.updated_at = now
                account.email = facts.get("email")
                stem = identifiant.rstrip("0123456789")
                number = int(identifiant.removeprefix(stem))
                db.session.add(Identifiant(identifiant=identifiant, stem=stem, number=number, given_at=now))
                db.session.add(account)
                db.session.flush()
            db.session.add(AccountResponsable(responsable_id=known.id, account_id=account.id))
        db.session.commit()

    add("DURANT", "Valéry", "v.durant1", email="Valery.Durant@example.org", mobile="+33639981234")
    add("DURANT", "Valéry", "v.durant1", uai=MARSEILLE)
    add("Le Goff", "Anne-Marie", "a.legoff1")
    add("Nguyen", "Thi Lan", "t.nguyen1", usage="Petit")
    add("DURANT", "Paul", "p.durant1", uai=MARSEILLE)
    add("Sow", "Fatou")
    add("Roux", "Marie", "m.roux123456")
    return add


def lille(column: object) -> object:
    return column == LILLE


def found(typed: str, within: Callable[..., object] = everywhere) -> list[str]:
    return [one.identifiant for one in find(typed, within).found]  # type: ignore[arg-type]


SAID = (
    ("v.durant1", ["v.durant1"]),
    (" V.DURANT1 ", ["v.durant1"]),
    ("v.durant", ["v.durant1"]),
    ("m.roux123456", ["m.roux123456"]),
    ("valery.durant@EXAMPLE.org", ["v.durant1"]),
    ("valery.durant@", ["v.durant1"]),
    ("06 39 98 12 34", ["v.durant1"]),
    ("+33639981234", ["v.durant1"]),
    ("durant", ["p.durant1", "v.durant1"]),
    ("DURANT Valery", ["v.durant1"]),
    ("valéry durant", ["v.durant1"]),
    ("dur val", ["v.durant1"]),
    ("le goff", ["a.legoff1"]),
    ("legoff anne marie", ["a.legoff1"]),
    ("anne-marie le goff", ["a.legoff1"]),
    ("petit thi", ["t.nguyen1"]),
    ("nguyen", ["t.nguyen1"]),
    ("durent valery", ["v.durant1"]),
    ("durant vlaery", ["v.durant1"]),
    ("durnat", ["p.durant1", "v.durant1"]),
    ("sow fatou", [""]),
    ("x", []),
    ("", []),
    ("z.inconnu9", []),
    ("d%", []),
    ("_urant", ["p.durant1", "v.durant1"]),
    ("'; DROP TABLE accounts --", []),
    ("99 99", []),
)
"""What is typed, and who is meant; «_urant» is one slip from «durant»."""


@pytest.mark.usefixtures("adult")
def test_what_is_said_finds_whom_it_means() -> None:
    """ATTACKS 110: wildcards and quotes are letters like others."""
    for typed, identifiants in SAID:
        assert found(typed) == identifiants, typed


@pytest.mark.usefixtures("adult")
def test_nobody_is_found_beyond_the_border() -> None:
    """ATTACKS 124."""
    for typed in ("p.durant1", "p.durant", "durant paul", "paul durant"):
        assert found(typed, lille) == [], typed


@pytest.mark.usefixtures("adult")
def test_only_schools_within_the_border_are_shown() -> None:
    [one] = find("v.durant1", lille).found  # type: ignore[arg-type]

    assert one.schools == ("Salengro",)


@pytest.mark.usefixtures("adult")
def test_an_adult_of_two_schools_is_one_line() -> None:
    [one] = find("durant valery", everywhere).found

    assert one.schools == ("Salengro", "Vieux-Port")


@pytest.mark.usefixtures("adult")
def test_a_slip_is_told() -> None:
    assert find("durent", everywhere).near
    assert not find("durant", everywhere).near


@pytest.mark.usefixtures("adult")
def test_an_adult_without_account_is_found_too() -> None:
    [one] = find("sow", everywhere).found

    assert (one.account_id, one.state) == (None, "none")


def test_many_hits_ask_for_more_letters(adult: Callable[..., None]) -> None:
    for number in range(30):
        adult("Martin", f"Claire{chr(97 + number % 26)}{number // 26 * 'z'}", f"c.martin{number}")

    results: Results = find("martin", everywhere)

    assert len(results.found) == 25
    assert results.more


@pytest.mark.usefixtures("adult")
@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("responsables", "family_key", "ix_responsables_names"),
        ("accounts", "email_key", "ix_accounts_email_key"),
    ],
)
def test_beginnings_are_found_by_an_index(database: Flask, table: str, column: str, index: str) -> None:
    """The plan names the index, so that 15 million accounts are found as fast as ten."""
    if db.engine.dialect.name == "sqlite":
        plan = f"EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE {column} >= 'du' AND {column} < 'dv'"
    else:
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = f"EXPLAIN SELECT id FROM {table} WHERE {column} LIKE 'du%'"

    assert index in str(db.session.execute(text(plan)).all())


@pytest.mark.usefixtures("adult")
def test_a_mobile_is_found_by_an_index_even_where_hardly_an_account_has_one(database: Flask) -> None:
    """A planner that has counted the missing ones among the index's entries would rather read the whole table."""
    now, many = clock.now(), {"family_name": "X", "first_name": "Y", "state": "active"}
    rows = [{"id": f"{number:032}", "identifiant": f"y.x{number}", **many} for number in range(2000)]
    db.session.execute(insert(Account), [{**row, "created_at": now, "updated_at": now} for row in rows])
    db.session.execute(text("ANALYZE"))
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"

    plan = db.session.execute(text(f"{explain} SELECT id FROM accounts WHERE mobile = '+33639981234'"))

    assert "ix_accounts_mobile" in str(plan.all())


def test_one_slip_is_a_letter_too_many_missing_wrong_or_exchanged(database: Flask) -> None:
    assert {"durat", "durantt", "dirant", "udrant"} <= search.slips("durant")
    assert "durxxt" not in search.slips("durant")


@pytest.fixture
def asked(adult: Callable[..., None], clock: Clock) -> str:
    """The number of Valéry's request, among others of that day."""
    account_id = db.session.query(Account).filter_by(identifiant="v.durant1").one().id
    other_id = db.session.query(Account).filter_by(identifiant="p.durant1").one().id
    given = ""
    for minutes in range(0, 90, 30):
        clock.advance(minutes=30)
        audit.record("recovery.reset_asked", account_id=other_id, number=request_numbers.new(), outcome="sent")
        audit.record("recovery.reset_asked", number=request_numbers.new(), outcome="unknown")
        if minutes == 30:
            given = request_numbers.new()
            audit.record("recovery.reset_asked", account_id=account_id, number=given, outcome="sent")
    db.session.commit()
    return given


@pytest.mark.parametrize("grouping", ["-", " ", ""])
def test_a_request_leads_to_its_account_by_the_number_that_its_owner_reads_out(asked: str, grouping: str) -> None:
    assert found(asked.replace("-", grouping), lille) == ["v.durant1"]


def test_a_number_leads_nowhere_beyond_the_border_and_no_further_than_its_account(asked: str) -> None:
    another = asked[:-1] + ("0" if asked[-1] != "0" else "1")

    assert found(asked, lambda column: column == "0990001Z") == []
    assert found(another, lille) == []
    assert found("2019-418-207-553", lille) == []
