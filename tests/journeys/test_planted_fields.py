"""ATTACKS 103, mass assignment: a form of a parent's page with fields of our own records in it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.accounts.models import Account, AccountResponsable
from idp.audit import AuditEntry
from idp.db import db
from idp.registry.models import Responsable
from tests.journeys.conftest import PASSWORD, Parent

PLANTED = {
    "state": "active",
    "role": "admin",
    "account_id": "1",
    "email_verified": "true",
    "email_verified_at": "2026-01-01",
    "mobile_verified_at": "2026-01-01",
    "acr": "eidas3",
    "identifiant": "a.admin1",
}


class Intruder(Parent):
    """A parent whose every form holds more than the page's own fields."""

    def sends(self, path: str, **fields: str) -> "Intruder":
        with self.app.app_context():
            somebody = db.session.scalar(select(Responsable.id).where(Responsable.first_name == "Paul")) or "1"
        super().sends(path, **{**PLANTED, "responsable_id": somebody, **fields})
        return self


@pytest.fixture
def intruder(app: Flask, family: list[str], clock: object, add_father) -> Intruder:
    add_father()
    return Intruder(app)


def account_of(app: Flask) -> tuple[Account, list[str]]:
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        held = list(
            db.session.scalars(
                select(AccountResponsable.responsable_id).where(AccountResponsable.account_id == account.id)
            )
        )
        db.session.expunge(account)
        return account, held


def entries(app: Flask) -> list[AuditEntry]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry).where(AuditEntry.event == "form.planted_field")))


def test_a_registration_makes_the_account_that_the_proofs_give_and_no_other(intruder, app, family):
    intruder.until_end()

    account, held = account_of(app)
    assert (account.identifiant, account.state, held) == ("v.durant1", "active", family)
    assert account.email_verified_at is None


def test_the_address_that_is_added_stays_unconfirmed(intruder, app):
    intruder.until_end()

    intruder.sends(f"/inscription/{intruder.flow_id}/terminee", email="valery.durant@example.org")

    account, _held = account_of(app)
    assert account.email_verified_at is None


def test_no_step_is_skipped(intruder, app):
    intruder.until_code()

    intruder.sends(
        f"/inscription/{intruder.flow_id}/mot-de-passe", nouveau_mot_de_passe=PASSWORD, confirmation=PASSWORD
    )

    assert intruder.reaches("code")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Account)) == 0


def test_a_login_reaches_the_level_of_the_password_alone(intruder, app):
    intruder.until_end()
    again = Intruder(app)

    again.logs_in(password="wrong-one1")

    assert again.page.status_code == 422
    assert again.opens("/compte").path.startswith("/connexion")


def test_a_changed_password_changes_nothing_else(intruder, app):
    intruder.until_end()
    before, held_before = account_of(app)

    intruder.opens("/compte/mot-de-passe")
    form = {"mot_de_passe_actuel": PASSWORD, "nouveau_mot_de_passe": "Tulipes59", "confirmation": "Tulipes59"}
    intruder.sends("/compte/mot-de-passe", **form)

    after, held_after = account_of(app)
    assert after.password_hash != before.password_hash
    assert (after.identifiant, after.state, after.email_verified_at) == (
        before.identifiant,
        before.state,
        before.email_verified_at,
    )
    assert held_after == held_before


def test_each_attempt_is_in_the_audit_log_with_the_account_and_without_what_was_sent(intruder, app):
    intruder.until_end()
    made = len(entries(app))

    intruder.opens("/compte/mot-de-passe")
    intruder.sends("/compte/mot-de-passe")

    assert made == 4
    last = entries(app)[-1]
    assert last.account_id == account_of(app)[0].id
    assert last.ids["page"] == "account.change_password"
    assert last.ids["fields"].split() == sorted({*PLANTED, "responsable_id"} - {"identifiant"})
    assert "admin" not in str(last.ids)


def test_an_honest_parent_leaves_no_such_line(parent, app):
    parent.until_end()

    assert entries(app) == []
