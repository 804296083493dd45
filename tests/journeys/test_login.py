"""The login page. Source: parents' guide, «Écran d'authentification»."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from idp.accounts import passwords
from idp.accounts.errors import HashingBusy
from idp.accounts.models import Account, LoginAttempts, Session
from idp.db import db
from idp.flows.models import Flow
from tests.conftest import BOTH_DATABASES

WRONG = "L’identifiant ou le mot de passe est incorrect."


@pytest.fixture
def visitor(parent, another_browser):
    """Somebody in front of a fresh browser; Valéry DURANT has an account."""
    parent.until_end()
    return another_browser


def test_the_form_has_its_stable_ids(parent):
    parent.opens("/connexion")

    for mark in ('id="login-form"', 'id="identifiant" name="identifiant"', 'id="mot-de-passe" name="mot_de_passe"'):
        assert parent.sees(mark)
    assert parent.sees('id="se-connecter"')


def test_unknown_identifiant_and_wrong_password_get_the_same_answer(visitor):
    visitor.logs_in(password="notthisone1")
    known = (visitor.page.status_code, visitor.sees(WRONG))

    visitor.logs_in(identifiant="z.nobody1")

    assert known == (visitor.page.status_code, visitor.sees(WRONG)) == (422, True)


def test_the_password_is_never_given_back(visitor):
    visitor.logs_in(password="notthisone1")

    assert not visitor.sees("notthisone1")
    assert visitor.sees('value="v.durant1"')


def test_from_the_third_failure_on_one_must_wait(visitor, clock):
    for _try in range(3):
        visitor.logs_in(password="notthisone1")

    visitor.logs_in()

    assert visitor.sees("Attendez un peu avant de réessayer.")
    clock.advance(seconds=1)
    assert visitor.logs_in().sees("Vous êtes connecté")


@pytest.mark.parametrize("identifiant", ["v.durant1", "z.nobody1"])
def test_ten_failures_lock_for_fifteen_minutes_and_tell_the_end(visitor, clock, identifiant):
    for _try in range(10):
        clock.advance(seconds=64)
        visitor.logs_in(identifiant, "notthisone1")

    visitor.logs_in(identifiant)

    assert visitor.sees("Trop d’essais. Vous pourrez vous connecter à 19 h 07.")
    assert visitor.page.status_code == 429


def test_the_lock_ends_by_itself(visitor, clock):
    for _try in range(10):
        clock.advance(seconds=64)
        visitor.logs_in(password="notthisone1")
    clock.advance(minutes=15)

    assert visitor.logs_in().sees("Vous êtes connecté")


def test_a_suspended_account_is_told_only_to_who_knows_the_password(visitor, app):
    with app.app_context():
        db.session.scalars(select(Account)).one().state = "suspended"
        db.session.commit()

    assert visitor.logs_in(password="notthisone1").sees(WRONG)
    assert visitor.logs_in().sees("Ce compte est suspendu.")


def test_a_login_notes_the_one_before(visitor, app, clock):
    clock.advance(hours=1)

    visitor.logs_in()

    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        assert account.last_login_at - account.previous_login_at == dt.timedelta(hours=1)


def test_a_password_changed_while_the_old_one_is_checked_opens_nothing(visitor, app, monkeypatch):
    """ATTACKS 71: the login that races with a reset loses."""
    verify = passwords.verify

    def slowly(*arguments):
        right = verify(*arguments)
        with app.app_context():
            db.session.scalars(select(Account)).one().password_hash = "another"
            db.session.commit()
        return right

    monkeypatch.setattr(passwords, "verify", slowly)

    assert visitor.logs_in().sees(WRONG)


def test_a_try_counts_although_a_login_elsewhere_forgets_those_before_it(visitor, app, monkeypatch):
    visitor.logs_in(password="notthisone1")
    hot = app.extensions["idp"].hot
    write = hot.write

    def while_another_logs_in(sql, parameters):
        row = write(sql, parameters)
        if row is None and "login_attempts" in sql:
            write("DELETE FROM login_attempts", {})
        return row

    monkeypatch.setattr(hot, "write", while_another_logs_in)

    visitor.logs_in(password="notthisone1")

    assert visitor.sees(WRONG)
    with app.app_context():
        assert db.session.scalars(select(LoginAttempts)).one().failures == 1


def test_a_login_makes_a_new_session_and_ends_the_one_of_this_browser(parent, app):
    parent.until_end().logs_in()

    with app.app_context():
        assert len(db.session.scalars(select(Session)).all()) == 1


def test_a_login_for_a_service_resumes_its_request(visitor, app: Flask):
    visitor.opens("/connexion")
    path = visitor.path
    with app.app_context():
        db.session.get_one(Flow, visitor.flow_id).request = {"client_id": "portal", "state": "s"}
        db.session.commit()
    form = {"csrf_token": visitor.token(), "identifiant": "V.Durant1 ", "mot_de_passe": "chevalbleu7"}

    answer = visitor.browser.post(path, data=form)

    assert (answer.status_code, answer.location) == (303, f"/authorize/resume?flow={path.split('/')[2]}")


def test_an_old_link_to_a_flow_begins_again(parent, clock):
    parent.opens("/connexion")
    old = parent.path
    clock.advance(hours=2)

    parent.opens(old)

    assert parent.sees("login-form")
    assert parent.path != old


def test_pages_are_kept_by_no_cache_and_run_no_foreign_script(parent):
    answer = parent.opens("/connexion").page

    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]
    assert "default-src 'none'; style-src 'self'; script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_pages_hold_no_inline_script_or_style(parent):
    parent.until_end()

    assert "<style" not in parent.text
    assert " style=" not in parent.text
    assert parent.text.count("<script") == 1


def test_the_page_speaks_english_when_asked(parent):
    parent.opens("/connexion").opens(parent.path + "?ui_locales=en")

    assert parent.sees("Log in")
    assert parent.sees('<html lang="en" dir="ltr">')
    assert parent.opens(parent.path).sees("Log in")


def test_the_page_follows_accept_language(app):
    answer = app.test_client().get("/connexion", headers={"Accept-Language": "en"}, follow_redirects=True)

    assert "I do not have an account" in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/connexion/%00", "/connexion/" + "a" * 500, "/inscription/x/code"])
def test_an_unknown_page_is_told_with_an_incident_code(parent, path):
    parent.opens(path)

    assert parent.page.status_code in (200, 404)
    assert "Traceback" not in parent.text


@BOTH_DATABASES
@pytest.mark.parametrize("value", ["\x00", "é" * 5000, "\ud800".encode("utf-8", "surrogatepass"), "' OR 1=1 --"])
def test_hostile_text_in_the_form_is_only_wrong(visitor, value):
    visitor.opens("/connexion")
    form = {"csrf_token": visitor.token(), "identifiant": value, "mot_de_passe": value}

    answer = visitor.browser.post(visitor.path, data=form)

    assert answer.status_code in (400, 422)


def test_past_the_queue_of_hashes_a_login_waits_while_tokens_go_on(visitor, app, monkeypatch):
    """ATTACKS 109: a flood of logins."""

    def is_full(*_arguments):
        raise HashingBusy(retry_seconds=5)

    monkeypatch.setattr(passwords, "verify", is_full)

    visitor.logs_in()

    assert visitor.page.status_code == 503
    assert visitor.page.headers["Retry-After"] == "5"
    assert visitor.sees("Le service est très demandé")
    assert app.test_client().get("/jwks").status_code == 200


def test_a_huge_password_is_hashed_no_longer_than_a_password_may_be(visitor, monkeypatch):
    """ATTACKS 109: the length is cut before hashing (CVE-2013-1443)."""
    hashed = []
    verify = passwords.PasswordHasher.verify
    monkeypatch.setattr(
        passwords.PasswordHasher,
        "verify",
        lambda self, known, typed: (hashed.append(typed), verify(self, known, typed))[1],
    )

    visitor.logs_in(password="a" * 100_000)

    assert visitor.page.status_code == 422
    assert [len(typed) for typed in hashed] == [passwords.LONGEST + 1]
