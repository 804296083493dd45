"""Logging into the consoles: a password, then a second factor, within limits and for a short time."""

import re

import pytest
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.staff import changes, service
from idp.staff.models import StaffAccount, StaffSession
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import PASSWORD, SECRET, Colleague


@BOTH_DATABASES
def test_a_password_and_a_code_open_the_console(head):
    head.logs_in()

    assert head.sees("Gestion de l’école")
    assert head.sees("École primaire publique Roger Salengro")


def test_a_password_alone_opens_nothing(head):
    """ATTACKS 126."""
    head.gives_password()

    head.opens("/gestion/ma-session")

    assert head.path == "/gestion/connexion"


@pytest.mark.parametrize(("login", "password"), [("directrice", "wrong-password-1"), ("nobody", PASSWORD)])
def test_an_unknown_login_and_a_wrong_password_are_told_alike(head, login, password):
    head.login = login

    head.gives_password(password)

    assert head.status == 422
    assert head.sees("Identifiant ou mot de passe incorrect.")


@BOTH_DATABASES
def test_a_code_is_taken_once(head):
    """RFC 6238 §5.2: who looks over the shoulder types it too late."""
    head.gives_password()
    code = head.code()
    head.gives_code(code)
    assert head.sees("Gestion de l’école")
    other = Colleague(head.app, head.clock)

    other.gives_password().gives_code(code)

    assert other.status == 422
    assert other.sees("Ce code ou cette clé ne convient pas.")


def test_an_old_code_is_not_taken(head):
    head.gives_password()
    code = head.code()
    head.clock.advance(seconds=90)

    assert head.gives_code(code).status == 422


def test_wrong_codes_make_the_account_wait_even_for_the_right_one(head):
    head.gives_password()
    for _ in range(5):
        assert head.gives_code("000000").status == 422

    head.gives_code()

    assert head.status == 429
    assert head.sees("Trop d’essais.")
    head.clock.advance(minutes=15)
    assert head.logs_in().sees("Gestion de l’école")


def test_wrong_passwords_make_the_account_wait(head):
    for _ in range(10):
        head.gives_password("wrong-password-1")

    assert head.gives_password().status == 429


def test_a_disabled_account_is_out_at_once(head):
    head.logs_in()
    with head.app.app_context():
        changes.disable(service.get("directrice"), by="test")
        db.session.commit()

    assert head.opens("/gestion").path == "/gestion/connexion"
    assert head.gives_password().status == 422


def test_an_idle_session_ends_after_thirty_minutes(head):
    """ATTACKS 77."""
    head.logs_in()
    head.clock.advance(minutes=29)
    assert head.opens("/gestion/ma-session").sees("Ma session")
    head.clock.advance(minutes=30)

    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_a_used_session_ends_after_eight_hours(head):
    """ATTACKS 77."""
    head.logs_in()
    for _ in range(23):
        head.clock.advance(minutes=20)
        assert head.opens("/gestion/ma-session").sees("Ma session")
    head.clock.advance(minutes=20)

    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_logging_out_ends_the_session_on_the_server(head):
    head.logs_in()
    cookie = head.browser.get_cookie("idp_staff").value

    head.sends("/gestion/deconnexion")

    head.browser.set_cookie("idp_staff", cookie)
    assert head.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_the_cookie_changes_when_the_second_factor_is_given(head):
    """OWASP WSTG-SESS-03."""
    head.gives_password()
    before = head.browser.get_cookie("idp_staff").value

    head.gives_code()

    assert head.browser.get_cookie("idp_staff").value != before


def test_the_database_keeps_no_cookie_and_no_secret(head):
    head.logs_in()
    cookie = head.browser.get_cookie("idp_staff").value
    with head.app.app_context():
        raw = db.session.connection().exec_driver_sql("SELECT password_hash, totp FROM staff_accounts").one()

        assert cookie.encode() not in db.session.scalars(select(StaffSession.id)).one()
        assert raw[0].startswith("$argon2id$")
        assert SECRET.encode() not in raw[1]


def test_the_way_back_stays_in_the_consoles(head):
    for target in ("https://evil.example/", "//evil.example", "/gestion\\evil", "/compte", "/gestionx"):
        page = head.browser.get("/gestion/connexion", query_string={"vers": target})

        assert 'action="/gestion/connexion?vers=/gestion"' in page.text, target


def test_a_parents_session_is_nothing_here(parent, head):
    parent.until_end()

    assert parent.opens("/gestion").path == "/gestion/connexion"


def test_every_login_and_refusal_is_in_the_audit_without_a_name_or_a_code(head):
    head.gives_password("wrong-password-1")
    head.gives_password().gives_code("000000").gives_code()
    head.sends("/gestion/deconnexion")

    with head.app.app_context():
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event.like("staff.%"))).all()
        events = [line.event for line in lines]
        facts = str([line.ids for line in lines])
    assert events[1:] == [
        "staff.login_failed",
        "staff.factor_failed",
        "staff.factor_accepted",
        "staff.logged_in",
        "staff.logged_out",
    ]
    assert not re.search(r"directrice|000000|wrong", facts)


@pytest.mark.parametrize("role", ["support", "administrator"])
def test_each_role_has_its_console(request, role):
    person = request.getfixturevalue(role)

    person.logs_in()

    assert person.status == 200
    assert person.sees("Se déconnecter")


def test_my_session_lists_where_one_is_logged_in_and_closes_the_others(head):
    head.logs_in()
    elsewhere = Colleague(head.app, head.clock)
    elsewhere.browser.environ_base["HTTP_USER_AGENT"] = "Another browser"
    elsewhere.logs_in()
    assert head.opens("/gestion/ma-session").sees("Another browser")

    head.sends("/gestion/ma-session/autres")

    assert head.sees("Vos autres sessions sont fermées.")
    assert elsewhere.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_the_last_login_is_shown_at_the_next_one(head):
    head.logs_in()
    head.clock.advance(hours=1)
    assert Colleague(head.app, head.clock).logs_in("/gestion/ma-session").sees("15/01/2026 18:42")

    with head.app.app_context():
        assert db.session.scalars(select(StaffAccount)).one().previous_login_at is not None
