"""«Mon compte»: its frame, its tabs, who may open them."""

import pytest
from sqlalchemy import select, update

from idp.accounts.models import Account, AccountResponsable
from idp.db import db

TABS = ("/compte", "/compte/enfants", "/compte/connexions")


@pytest.mark.parametrize("path", TABS)
def test_without_a_session_the_login_page_comes_back_to_the_page_asked(parent, another_browser, path):
    parent.until_end()

    another_browser.opens(path)
    assert another_browser.sees("login-form")
    another_browser.sends(another_browser.path, identifiant="v.durant1", mot_de_passe="chevalbleu7")

    assert another_browser.path == path
    assert another_browser.sees("Mon compte")


@pytest.mark.parametrize(
    "path", ["/compte//example.org", "/compte/https://example.org", "/compte?suite=https://example.org"]
)
def test_only_a_page_of_the_account_is_come_back_to(parent, another_browser, path):
    """ATTACKS 68, 22: no open redirect."""
    parent.until_end()
    another_browser.opens(path)
    if not another_browser.sees("login-form"):
        assert another_browser.page.status_code in (308, 404)
        return
    form = {"csrf_token": another_browser.token(), "identifiant": "v.durant1", "mot_de_passe": "chevalbleu7"}

    answer = another_browser.browser.post(another_browser.path, data=form)

    assert answer.location.startswith("/compte")


def test_each_tab_names_its_owner_and_marks_itself(parent):
    parent.until_end()

    for path in TABS:
        parent.opens(path)
        assert parent.sees("<strong>Mme Valéry DURANT</strong>")
        assert parent.text.count('aria-current="page"') == 1
        assert f'<a href="{path}" aria-current="page">' in parent.text


def test_the_first_tab_shows_the_identifiant_and_hides_most_of_the_mobile(parent):
    parent.until_end().opens("/compte")

    assert parent.sees("v.durant1")
    assert parent.sees("06 •• •• •• 34")
    assert not parent.sees("39981234")


def test_the_children_are_shown_with_school_and_class(parent):
    parent.until_end().opens("/compte/enfants")

    for words in ("DURAND Alexis", "DURAND Camille", "CE2 A", "École primaire publique Roger Salengro"):
        assert parent.sees(words)


def test_an_account_without_children_stays_open_and_says_why(parent, app):
    parent.until_end()
    with app.app_context():
        db.session.execute(AccountResponsable.__table__.delete())
        db.session.commit()

    parent.opens("/compte/enfants")

    assert parent.page.status_code == 200
    assert parent.sees("Aucun enfant n’est rattaché à votre compte.")
    assert parent.sees("Votre compte reste ouvert.")


def test_a_session_of_a_suspended_account_opens_nothing(parent, app):
    parent.until_end()
    with app.app_context():
        db.session.execute(update(Account).values(state="suspended"))
        db.session.commit()

    assert parent.opens("/compte").sees("login-form")


def test_pages_of_the_account_are_kept_by_no_cache(parent):
    """ATTACKS 75."""
    answer = parent.until_end().opens("/compte/connexions").page

    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


def test_another_account_sees_its_own_children_only(parent, another_browser, app, add_father):
    """ATTACKS 104."""
    parent.until_end()
    with app.app_context():
        account = db.session.scalars(select(Account)).one()
        now = account.created_at
        db.session.add(Account(identifiant="p.durant1", password_hash=account.password_hash, family_name="DURANT",
                               first_name="Paul", created_at=now, updated_at=now))  # fmt: skip
        db.session.commit()

    another_browser.logs_in("p.durant1").opens("/compte/enfants")

    assert another_browser.sees("Paul DURANT")
    assert not another_browser.sees("Alexis")
