"""The assistance team finds a file, opens it for a reason, and acts on it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp import audit
from idp import clock as time
from idp.accounts.merges import Merge
from idp.accounts.models import Account, AccountResponsable, LoginAttempts
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.registry.models import Responsable
from tests.consoles.conftest import Colleague

FOUND = "/gestion/recherche?q=durant"


@pytest.fixture
def account_id(app: Flask, schools: None) -> str:
    """Valéry DURANT's account, at the school of Lille."""
    with app.app_context():
        adult = db.session.scalars(select(Responsable).where(Responsable.family_key == "durant")).first()
        assert adult is not None
        account = Account(
            identifiant="v.durant1",
            family_name=adult.family_name,
            first_name=adult.first_name,
            email="valery@example.org",
            created_at=time.now(),
            updated_at=time.now(),
        )
        db.session.add(account)
        db.session.flush()
        db.session.add(AccountResponsable(responsable_id=adult.id, account_id=account.id))
        audit.record("account.finished_by_sms", account_id=account.id)
        db.session.commit()
        return account.id


@pytest.fixture
def agent(support: Colleague, account_id: str) -> Colleague:
    """In front of the open file."""
    support.logs_in()
    return opens_file(support, account_id)


def opens_file(agent: Colleague, account_id: str) -> Colleague:
    agent.opens(f"/gestion/comptes/{account_id}")
    return agent.sends(f"/gestion/comptes/{account_id}", motif="call", demande="2026-418")


def lines(app: Flask, event: str) -> list[tuple[str | None, dict[str, Any]]]:
    with app.app_context():
        query = select(AuditEntry).where(AuditEntry.event == event).order_by(AuditEntry.id)
        return [(line.actor, line.ids) for line in db.session.scalars(query)]


@pytest.mark.parametrize("typed", ["v.durant1", "DURANT Valéry", "durent", "valery@example.org"])
def test_a_file_is_found_by_what_its_owner_says(support: Colleague, account_id: str, typed: str) -> None:
    support.logs_in()

    support.opens(f"/gestion/recherche?q={typed}")

    assert f"/gestion/comptes/{account_id}" in support.text
    assert support.sees("v.durant1")


def test_what_was_typed_is_nowhere_in_the_log(support: Colleague, account_id: str, app: Flask) -> None:
    support.logs_in().opens(FOUND)

    [(actor, facts)] = lines(app, "support.searched")
    assert actor is not None
    assert actor.startswith("staff:")
    assert "durant" not in str(facts)


def test_a_file_opens_for_a_motive_alone(support: Colleague, account_id: str) -> None:
    """ATTACKS 129."""
    support.logs_in().opens(f"/gestion/comptes/{account_id}")

    assert not support.sees("Ce qui s’est passé")
    assert support.sends(f"/gestion/comptes/{account_id}", demande="1").status == 422
    assert opens_file(support, account_id).sees("Ce qui s’est passé")
    assert support.sees("Compte activé par SMS.")


def test_a_motive_holds_for_half_an_hour(agent: Colleague, account_id: str, clock: Any) -> None:
    clock.advance(minutes=29)
    assert agent.opens(f"/gestion/comptes/{account_id}").sees("Ce qui s’est passé")

    clock.advance(minutes=2)
    assert not agent.opens(f"/gestion/comptes/{account_id}").sees("Ce qui s’est passé")


def test_the_motive_of_a_colleague_opens_nothing(
    agent: Colleague, account_id: str, hire: Callable[..., Colleague]
) -> None:
    other = hire("collegue", "support", academie="Lille").logs_in()

    assert not other.opens(f"/gestion/comptes/{account_id}").sees("Ce qui s’est passé")


def test_the_file_hides_address_and_mobile_and_any_password(agent: Colleague) -> None:
    assert not agent.sees("valery@example.org")
    assert "password_hash" not in agent.text


def test_many_files_in_an_hour_raise_an_alarm(agent: Colleague, account_id: str, app: Flask, clock: Any) -> None:
    for _ in range(60):
        agent.sends(f"/gestion/comptes/{account_id}", motif="call")

    assert len(lines(app, "support.many_files")) == 1


def test_another_academie_is_beyond_the_border(hire: Callable[..., Colleague], account_id: str, app: Flask) -> None:
    """ATTACKS 124: told as what does not exist, in the search and by its address."""
    marseille = hire("marseille", "support", academie="Aix-Marseille").logs_in()

    assert f"/gestion/comptes/{account_id}" not in marseille.opens(FOUND).text
    assert marseille.opens(f"/gestion/comptes/{account_id}").status == 404
    assert marseille.sends(f"/gestion/comptes/{account_id}", motif="call").status == 404
    for act in ("courriel", "verrou", "suspendre", "reprendre", "regroupement"):
        assert marseille.sends(f"/gestion/comptes/{account_id}/{act}", raison="x").status == 404, act
    assert lines(app, "staff.beyond_border")


def test_acts_need_the_open_file(support: Colleague, account_id: str, app: Flask) -> None:
    support.logs_in().opens(f"/gestion/comptes/{account_id}/suspendre")

    support.sends(f"/gestion/comptes/{account_id}/suspendre", raison="x")

    assert lines(app, "account.suspended") == []


@pytest.mark.parametrize("act", ["courriel", "verrou", "suspendre", "reprendre", "regroupement"])
def test_every_act_asks_for_a_reason(agent: Colleague, account_id: str, act: str) -> None:
    agent.opens(f"/gestion/comptes/{account_id}/{act}")

    assert agent.sends(f"/gestion/comptes/{account_id}/{act}", raison=" ").status == 422


def test_an_account_is_suspended_and_taken_up_again(agent: Colleague, account_id: str, app: Flask) -> None:
    agent.sends(f"/gestion/comptes/{account_id}/suspendre", raison="mobile volé")
    assert agent.sees("Suspendu")
    assert agent.sees("mobile volé")

    agent.sends(f"/gestion/comptes/{account_id}/reprendre", raison="pièce vérifiée")
    assert agent.sees("Activé")

    [(actor, facts)] = lines(app, "account.suspended")
    assert facts["reason"] == "mobile volé"
    assert actor is not None
    assert actor.startswith("staff:")


def test_a_dangerous_act_asks_for_the_second_factor_again(agent: Colleague, account_id: str, clock: Any) -> None:
    clock.advance(minutes=6)

    assert agent.opens(f"/gestion/comptes/{account_id}/suspendre").path == "/gestion/confirmer"
    assert agent.opens(f"/gestion/comptes/{account_id}/verrou").path.endswith("/verrou")


def test_a_lock_is_lifted(agent: Colleague, account_id: str, app: Flask) -> None:
    with app.app_context():
        soon = time.now() + dt.timedelta(minutes=10)
        tries = LoginAttempts(target=f"account:{account_id}", failures=10, first_at=time.now(), next_at=soon)
        tries.locked_until = soon
        db.session.add(tries)
        db.session.commit()
    assert agent.opens(f"/gestion/comptes/{account_id}").sees("Verrouillé jusqu’à")

    agent.sends(f"/gestion/comptes/{account_id}/verrou", raison="la personne est en ligne")

    assert not agent.sees("Verrouillé jusqu’à")


def test_the_validation_mail_is_sent_again(agent: Colleague, account_id: str, app: Flask) -> None:
    agent.sends(f"/gestion/comptes/{account_id}/courriel", raison="pas reçu")

    with app.app_context():
        [mail] = db.session.scalars(select(Message).where(Message.channel == "mail"))
        assert mail.recipient == "valery@example.org"
    assert agent.sees("L’assistance a renvoyé le courriel de validation.")


def test_an_address_that_was_proved_gets_no_such_mail(agent: Colleague, account_id: str, app: Flask) -> None:
    with app.app_context():
        db.session.get_one(Account, account_id).email_verified_at = time.now()
        db.session.commit()

    assert agent.sends(f"/gestion/comptes/{account_id}/courriel", raison="x").status == 422


def test_a_merge_is_undone_and_only_one_into_this_account(agent: Colleague, account_id: str, app: Flask) -> None:
    with app.app_context():
        now = time.now()
        for name in ("v.durant2", "p.martin1"):
            db.session.add(
                Account(
                    identifiant=name,
                    family_name="DURANT",
                    first_name="Valéry",
                    state="merged",
                    created_at=now,
                    updated_at=now,
                )
            )
        db.session.flush()
        other = db.session.scalars(select(Account).filter_by(identifiant="v.durant2")).one()
        until = now + dt.timedelta(days=30)
        db.session.add(
            Merge(
                kept_id=account_id,
                merged_id=other.id,
                merged_state="active",
                responsable_ids=[],
                merged_at=now,
                undoable_until=until,
            )
        )
        db.session.commit()

    stranger = agent.sends(f"/gestion/comptes/{account_id}/regroupement", raison="x", compte="p.martin1")
    assert stranger.status == 422
    agent.sends(f"/gestion/comptes/{account_id}/regroupement", raison="deux personnes", compte="v.durant2")

    assert agent.sees("Un regroupement a été annulé.")
    [(_actor, facts)] = lines(app, "account.merge_undone")
    assert facts["reason"] == "deux personnes"


def test_the_owner_sees_that_the_assistance_looked(agent: Colleague, account_id: str, app: Flask) -> None:
    from idp.web.pages.account import events

    with app.test_request_context():
        told = [event.words for event in events.last(account_id)]

    assert "L’assistance a ouvert votre dossier." in told


@pytest.mark.parametrize("path", ["/gestion/recherche", "/gestion/comptes/{account_id}"])
def test_other_roles_get_nothing(head: Colleague, administrator: Colleague, account_id: str, path: str) -> None:
    for colleague in (head, administrator):
        assert colleague.logs_in().opens(path.format(account_id=account_id)).status == 403
