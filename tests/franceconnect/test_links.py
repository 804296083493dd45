"""FranceConnect and accounts that exist: linked by proofs, by password, in «Mon compte»; cut there."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from idp import clock
from idp.accounts import passwords, service
from idp.accounts.models import Account
from idp.db import db
from idp.flows import merging
from idp.franceconnect import service as links
from idp.franceconnect.models import LinkedIdentity, UpstreamLogin
from idp.registry.models import Responsable
from tests.franceconnect.upstream import Simulator
from tests.franceconnect.visitor import Visitor, accounts, add_twin, count, link_form
from tests.journeys import conftest as journeys


def test_an_account_that_exists_is_linked_by_code_and_dates(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()

    other = another()
    other.registers()

    assert len(accounts(app)) == 1
    assert count(app, LinkedIdentity) == 1
    assert other.is_logged_in


def test_an_account_that_exists_is_linked_by_its_password(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()
    other = another().presses()

    other._sends("compte", identifiant="v.durant1", mot_de_passe=journeys.PASSWORD)

    assert other.is_logged_in
    assert count(app, LinkedIdentity) == 1
    assert another().presses().is_logged_in


def test_the_password_of_somebody_elses_account_links_nothing(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    """ATTACKS 93."""
    visitor.until_end()
    other = another().presses("marc.durand")

    other._sends("compte", identifiant="v.durant1", mot_de_passe=journeys.PASSWORD)

    assert other.sees("Ce compte n’est pas au même nom")
    assert count(app, LinkedIdentity) == 0
    assert not other.is_logged_in


def test_a_new_school_that_knows_the_same_adult_joins_the_account(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], add_second_school: Callable[[], None]
) -> None:
    visitor.until_end()
    add_second_school()

    another().registers()

    with app.app_context():
        assert len(db.session.scalars(select(Account)).one().responsables) == 2


@pytest.mark.parametrize("state", ["notified", "pending_email"])
def test_the_account_that_a_letter_began_is_finished_by_the_proofs(
    visitor: Visitor, app: Flask, print_letters: Callable[[], int], state: str
) -> None:
    """docs/decisions/0005: nobody is told that an account which was never used is suspended."""
    print_letters()
    with app.app_context():
        db.session.scalars(select(Account)).one().state = state
        db.session.commit()

    visitor.registers()

    (account,) = accounts(app)
    assert visitor.sees("Votre compte est activé")
    assert visitor.sees("v.durant1")
    assert (account.state, account.password_hash, account.identifiant) == ("active", None, "v.durant1")
    assert count(app, LinkedIdentity) == 1
    assert visitor.is_logged_in


def test_the_letter_is_dead_after_franceconnect_finished_its_account(
    visitor: Visitor, another: Callable[[], Visitor], print_letters: Callable[[], int]
) -> None:
    print_letters()
    visitor.registers()

    late = another()
    late.logs_in(password=journeys.LETTER)

    assert late.sees("L’identifiant ou le mot de passe est incorrect.")


def test_the_letters_password_says_that_its_account_is_not_activated(
    visitor: Visitor, app: Flask, print_letters: Callable[[], int]
) -> None:
    print_letters()
    visitor.presses()

    visitor._sends("compte", identifiant="v.durant1", mot_de_passe=journeys.LETTER)

    assert visitor.sees("Ce compte n’est pas encore activé.")
    assert count(app, LinkedIdentity) == 0


def test_an_account_suspended_before_the_proofs_has_its_page_after_them(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()
    with app.app_context():
        db.session.scalars(select(Account)).one().state = "suspended"
        db.session.commit()

    other = another()
    other.registers()

    assert other.sees("Ce compte est suspendu.")
    assert count(app, LinkedIdentity) == 0
    assert not other.is_logged_in


def test_of_two_accounts_in_use_the_one_used_last_is_linked(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor], add_second_school: Callable[[], None]
) -> None:
    """docs/decisions/0005."""
    visitor.until_end()
    add_second_school()
    with app.app_context():
        found = db.session.scalars(select(Responsable).where(Responsable.uai == "0590002B"))
        service.create(list(found), password_hash=None)
        db.session.commit()

    other = another()
    other.registers()

    with app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        assert db.session.get_one(Account, link.account_id).identifiant == "v.durant1"


def test_an_identity_linked_elsewhere_meanwhile_leaves_nothing_half_created(visitor: Visitor, app: Flask) -> None:
    visitor.presses().gives_mobile().types_code()
    with app.app_context():
        other = add_twin()
        identity = db.session.scalars(select(UpstreamLogin)).one().content["identity"]
        link = {"issuer": identity["issuer"], "sub": identity["sub"], "account_id": other.id}
        db.session.add(LinkedIdentity(**link, linked_at=clock.now()))
        db.session.commit()

    visitor.types_dates()

    assert visitor.sees("Cette identité est liée à un autre compte")
    assert [account.identifiant for account in accounts(app)] == ["v.durant9"]
    assert not visitor.is_logged_in


def test_another_sub_of_the_same_person_takes_the_links_place(
    visitor: Visitor, app: Flask, simulator: Simulator, another: Callable[[], Visitor]
) -> None:
    """The civil register was corrected: Valéry became Valérie; nobody is told that a link exists already."""
    visitor.registers()
    simulator.control("DELETE", "/sessions")
    with app.app_context():
        person = db.session.scalars(select(Responsable)).one()
        person.first_name, person.first_key = "Valérie", "valerie"
        db.session.commit()

    corrected = another().presses("corrected_valery.durant")
    corrected.gives_mobile().types_code().types_dates()

    with app.app_context():
        rows = {row.sub: row.replaced_at for row in db.session.scalars(select(LinkedIdentity))}
    assert corrected.is_logged_in
    assert len(accounts(app)) == 1
    assert sorted(at is None for at in rows.values()) == [False, True]


def test_a_recycled_sub_of_somebody_else_stops(
    visitor: Visitor, app: Flask, simulator: Simulator, another: Callable[[], Visitor]
) -> None:
    """ATTACKS 116: a contradiction is never overwritten."""
    visitor.registers()
    with app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        link.pivot = {**link.pivot, "birthdate": "1950-01-01"}
        db.session.commit()

    later = another().presses()

    assert later.sees("Cette identité ne correspond plus à ce compte")
    assert not later.is_logged_in


def test_a_suspended_account_has_its_page(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()
    with app.app_context():
        db.session.scalars(select(Account)).one().state = "suspended"
        db.session.commit()

    later = another().presses()

    assert later.sees("Ce compte est suspendu.")
    assert not later.is_logged_in


def test_a_merged_account_says_where_it_went(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    """Docs «merging»: the link stays with the closed account and opens nothing."""
    visitor.registers()
    with app.app_context():
        closed = db.session.scalars(select(Account)).one()
        merging.close(add_twin(), closed)
        db.session.commit()

    later = another().presses()

    assert later.sees("Ce compte est regroupé avec le compte v.durant9.")
    assert not later.is_logged_in


def test_a_link_made_in_the_account_page_logs_in_afterwards(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    visitor.until_end()

    visitor.follows(link_form(visitor))

    assert visitor.sees("C’est fait")
    assert another().presses().is_logged_in
    with app.app_context():
        assert count(app, LinkedIdentity) == 1


def test_the_other_parents_franceconnect_is_not_linked(visitor: Visitor, app: Flask) -> None:
    visitor.until_end()

    visitor.follows(link_form(visitor), "marc.durand")

    assert visitor.sees("Cette identité n’est pas au même nom que ce compte.")
    assert count(app, LinkedIdentity) == 0


def test_unlinking_asks_for_the_password(visitor: Visitor, app: Flask) -> None:
    visitor.until_end()
    visitor.follows(link_form(visitor))
    action = re.search(r'action="(/franceconnect/compte/[0-9a-f]{32}/retirer)"', visitor.text)
    assert action is not None

    visitor.sends(action.group(1), mot_de_passe="faux12345")
    kept = count(app, LinkedIdentity)
    visitor.sends(action.group(1), mot_de_passe=journeys.PASSWORD)

    assert (kept, count(app, LinkedIdentity)) == (1, 0)


def test_without_a_password_the_link_stays(visitor: Visitor, app: Flask) -> None:
    """Nobody locks themselves out."""
    visitor.registers()
    visitor.opens("/franceconnect/compte")

    assert visitor.sees("Choisissez d’abord un mot de passe")
    assert "retirer" not in re.findall(r'action="([^"]+)"', visitor.text)


def test_one_identity_belongs_to_one_account(visitor: Visitor, app: Flask, another: Callable[[], Visitor]) -> None:
    visitor.registers()
    with app.app_context():
        add_twin(passwords.hash(journeys.PASSWORD, app.config["IDP"].passwords))
        db.session.commit()
    twin = another()
    twin.logs_in("v.durant9")

    twin.follows(link_form(twin))

    assert twin.sees("Cette identité est liée à un autre compte")
    assert count(app, LinkedIdentity) == 1


def test_what_is_linked_already_is_not_offered_again(visitor: Visitor) -> None:
    visitor.until_end()
    before = visitor.opens("/franceconnect/compte").text

    visitor.follows(link_form(visitor))

    assert 'id="lier-franceconnect"' in before
    assert 'id="lier-franceconnect"' not in visitor.text


def test_a_link_begins_with_a_login_of_a_moment_ago(visitor: Visitor, app: Flask, clock: Any) -> None:
    """ATTACKS 117: an open window, or another site's form, links nobody's identity."""
    visitor.until_end()
    foreign = visitor.browser.post("/franceconnect/compte/lier", data={"fournisseur": "franceconnect"})
    clock.advance(minutes=6)

    later = link_form(visitor)

    assert foreign.status_code == 400
    assert urlsplit(later).path.startswith("/connexion/")
    assert count(app, LinkedIdentity) == 0


def test_an_account_that_is_linked_to_a_homonym_is_not_linked_to_another(
    visitor: Visitor, app: Flask, another: Callable[[], Visitor]
) -> None:
    """Two `sub` on one account are of one person: names alone are not enough (ATTACKS 115)."""
    visitor.registers()
    with app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        link.sub, link.pivot = "f" * 64 + "v1", {**link.pivot, "birthdate": "1950-01-01"}
        db.session.commit()

    homonym = another()
    homonym.registers()

    assert homonym.sees("Cette identité ne correspond plus à ce compte")
    assert not homonym.is_logged_in
    assert count(app, LinkedIdentity) == 1


def test_the_owner_is_told_of_a_link_at_a_confirmed_address(visitor: Visitor, app: Flask) -> None:
    visitor.until_end()
    with app.app_context():
        owner = db.session.scalars(select(Account)).one()
        owner.email, owner.email_verified_at = "valery@example.org", clock.now()
        db.session.commit()

    visitor.follows(link_form(visitor))

    assert len(visitor.mails("valery@example.org")) == 1


def test_a_link_that_another_sub_replaced_is_kept_for_30_days(visitor: Visitor, app: Flask) -> None:
    visitor.registers()
    with app.app_context():
        link = db.session.scalars(select(LinkedIdentity)).one()
        for days, left in ((29, 1), (31, 0)):
            link.replaced_at = clock.now() - dt.timedelta(days=days)
            db.session.commit()
            links.sweep()
            db.session.commit()
            assert count(app, LinkedIdentity) == left
