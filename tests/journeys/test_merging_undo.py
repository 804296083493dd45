"""Undoing a merge: nothing of either account is lost, in whatever order and at whatever time (docs/merging.md)."""

from itertools import permutations
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.accounts import sessions
from idp.accounts.merges import Merge
from idp.accounts.models import Account
from idp.cli import main
from idp.db import db
from idp.delivery.models import Message
from idp.flows import merging
from idp.flows import service as flows
from tests.conftest import BOTH_DATABASES
from tests.journeys.conftest import Parent
from tests.journeys.merger import OTHER_PASSWORD, Merger, add_account, children_of, state_of, undo


@pytest.fixture
def merger(app, clock, family):
    merger = Merger(app)
    merger.until_end()
    return merger


@pytest.fixture
def other(app, merger):
    return add_account(app, email="valery@example.org")


def test_support_undoes_the_merge_and_nothing_is_lost(merger, other, app, another_browser):
    merger.merges()

    undo(app, other)

    assert children_of(app, "v.durant1") == ["Alexis", "Camille"]
    assert children_of(app, other) == ["Zoé"]
    assert another_browser.logs_in(other, OTHER_PASSWORD).opens("/compte/enfants").sees("DURAND Zoé")
    assert merger.opens("/compte/enfants").sees("DURAND Alexis")
    assert not merger.sees("Zoé")


@pytest.mark.parametrize("state", ["notified", "pending_email", "active"])
def test_an_undone_account_is_in_the_state_it_had(merger, app, state):
    add_account(app, state=state)
    with app.app_context():
        kept, closed = db.session.scalars(select(Account).order_by(Account.identifiant))
        merging.close(kept, closed)
        db.session.commit()

    undo(app, "v.durant2")

    assert state_of(app, "v.durant2") == state


def test_the_owners_are_told_of_the_undo(merger, other, app):
    merger.merges()

    undo(app, other)

    with app.app_context():
        mail = db.session.scalars(select(Message).where(Message.purpose == "merge_undone")).one()
        assert "L’assistance a rouvert le compte v.durant2." in mail.content["text"]


def test_after_thirty_days_the_merge_stays(merger, other, app, clock):
    merger.merges()
    clock.advance(days=30)

    with app.app_context(), pytest.raises(merging.UndoTooLate):
        merging.undo(other, language="fr")
    assert state_of(app, other) == "merged"


def test_a_chain_of_merges_is_followed_and_undone_in_any_order(merger, app, clock):
    """v.durant3 into v.durant2 into v.durant1: each undo gives exactly its own part back."""
    for number, child in ((2, "Zoé"), (3, "Inès")):
        add_account(app, child=child, uai=f"059000{number}B")
    second = Merger(app)
    second.logs_in("v.durant2", OTHER_PASSWORD)
    second.merges("v.durant3")
    assert children_of(app, "v.durant2") == ["Inès", "Zoé"]

    merger.merges("v.durant2")
    assert children_of(app, "v.durant1") == ["Alexis", "Camille", "Inès", "Zoé"]
    stranger = Parent(app).logs_in("v.durant3", OTHER_PASSWORD)
    assert stranger.sees("Ce compte est regroupé avec le compte v.durant1.")

    undo(app, "v.durant3")
    assert children_of(app, "v.durant3") == ["Inès"]
    assert children_of(app, "v.durant1") == ["Alexis", "Camille", "Zoé"]

    undo(app, "v.durant2")
    assert children_of(app, "v.durant2") == ["Zoé"]
    assert children_of(app, "v.durant1") == ["Alexis", "Camille"]


def test_a_chain_undone_from_the_top_gives_the_lower_part_back_whole(merger, app):
    for number, child in ((2, "Zoé"), (3, "Inès")):
        add_account(app, child=child, uai=f"059000{number}B")
    second = Merger(app)
    second.logs_in("v.durant2", OTHER_PASSWORD)
    second.merges("v.durant3")
    merger.merges("v.durant2")

    undo(app, "v.durant2")
    assert children_of(app, "v.durant2") == ["Inès", "Zoé"]
    undo(app, "v.durant3")

    assert [children_of(app, f"v.durant{n}") for n in (1, 2, 3)] == [["Alexis", "Camille"], ["Zoé"], ["Inès"]]


def test_an_undone_merge_can_be_made_again(merger, other, app):
    merger.merges()
    undo(app, other)

    assert merger.merges().sees("Les comptes sont regroupés.")
    undo(app, other)

    assert children_of(app, other) == ["Zoé"]


def test_the_command_undoes_and_says_so(merger, other, app, settings, monkeypatch):
    merger.merges()
    monkeypatch.setattr("idp.cli.load", lambda *arguments: settings)

    done = CliRunner().invoke(main, ["accounts", "undo-merge", "V.durant2", "--reason", "ticket 41"])
    again = CliRunner().invoke(main, ["accounts", "undo-merge", "v.durant2", "--reason", "ticket 41"])

    assert (done.exit_code, again.exit_code) == (0, 1)
    assert "v.durant2: no account of that name was closed by a merge" in again.output
    assert state_of(app, other) == "active"


def race(app, *acts):
    """Run the acts at the same time, each in a transaction of its own; what each of them raised."""
    barrier, raised = Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        with app.app_context():
            barrier.wait()
            try:
                act()
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                raised[number] = error

    threads = [Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def prepared(app, kept, other):
    """A merge that only waits for «Ajouter»: gives the act."""
    with app.app_context():
        ids = {a.identifiant: a.id for a in db.session.scalars(select(Account))}
        settings = app.config["IDP"].sessions
        session = sessions.find(sessions.open(db.session.get_one(Account, ids[kept]), settings), settings)
        flow = flows.start("merging", "browser")
        merging.begin(flow, session, db.session.get_one(Account, ids[other]))
        db.session.commit()
        flow_id = flow.id

    def act():
        merging.add(flows.find(flow_id, "browser", for_update=True), language="fr")

    return act


@BOTH_DATABASES
def test_two_accounts_that_absorb_each_other_at_the_same_time_become_one(app, clock, merger):
    """ATTACKS 101: a cycle."""
    add_account(app)

    raised = race(app, prepared(app, "v.durant1", "v.durant2"), prepared(app, "v.durant2", "v.durant1"))

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "NotMergeable"]
    assert sorted(state_of(app, f"v.durant{n}") for n in (1, 2)) == ["active", "merged"]
    kept = "v.durant1" if state_of(app, "v.durant1") == "active" else "v.durant2"
    assert children_of(app, kept) == ["Alexis", "Camille", "Zoé"]


@BOTH_DATABASES
def test_an_account_absorbed_by_two_at_the_same_time_goes_to_one(app, clock, merger):
    add_account(app)
    add_account(app, child="Inès", uai="0590003C")

    raised = race(app, prepared(app, "v.durant1", "v.durant2"), prepared(app, "v.durant3", "v.durant2"))

    assert sorted(type(error).__name__ for error in raised) == ["NoneType", "NotMergeable"]
    assert children_of(app, "v.durant2") == []
    assert len(children_of(app, "v.durant1") + children_of(app, "v.durant3")) == 4


@BOTH_DATABASES
def test_twelve_clicks_at_the_same_time_merge_once(app, clock, merger):
    add_account(app)

    raised = race(app, *[prepared(app, "v.durant1", "v.durant2")] * 12)

    assert sum(error is None for error in raised) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Merge)).all()) == 1
    undo(app, "v.durant2")
    assert children_of(app, "v.durant2") == ["Zoé"]


@BOTH_DATABASES
def test_an_undo_while_its_account_is_absorbed_loses_nobody(app, clock, merger):
    """v.durant2 went into v.durant1; support undoes it while v.durant3 absorbs v.durant1."""
    add_account(app)
    add_account(app, child="Inès", uai="0590003C")
    assert race(app, prepared(app, "v.durant1", "v.durant2")) == [None]

    raised = race(app, prepared(app, "v.durant3", "v.durant1"), lambda: merging.undo("v.durant2", language="fr"))

    assert raised[1] is None
    assert children_of(app, "v.durant2") == ["Zoé"]
    rest = children_of(app, "v.durant1") + children_of(app, "v.durant3")
    assert sorted(rest) == ["Alexis", "Camille", "Inès"]


@BOTH_DATABASES
def test_every_order_of_undoing_three_merges_gives_each_their_own(app, clock, merger):
    for child, uai in (("Zoé", "0590002B"), ("Inès", "0590003C"), ("Tom", "0590004D")):
        add_account(app, child=child, uai=uai)
    owned = {f"v.durant{n}": children_of(app, f"v.durant{n}") for n in (1, 2, 3, 4)}

    for order in permutations(["v.durant2", "v.durant3", "v.durant4"]):
        for kept, closed in (("v.durant3", "v.durant4"), ("v.durant1", "v.durant2"), ("v.durant1", "v.durant3")):
            assert race(app, prepared(app, kept, closed)) == [None]
        assert len(children_of(app, "v.durant1")) == 5
        for identifiant in order:
            undo(app, identifiant)

        assert {name: children_of(app, name) for name in owned} == owned
        with app.app_context():
            assert set(db.session.scalars(select(Account.former_ids))) == {""}
            assert set(db.session.scalars(select(Account.state))) == {"active"}
