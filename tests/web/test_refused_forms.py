"""The page of a form that does not prove where it comes from (ATTACKS 73)."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

LOGIN = {"identifiant": "v.durant1", "mot_de_passe": "chevalbleu7"}


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def login_page(browser: FlaskClient) -> str:
    return browser.get("/connexion").location


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1:8000"}, {"Sec-Fetch-Site": "same-origin"}])
def test_what_was_typed_is_kept_except_secrets(browser: FlaskClient, login_page: str, headers: dict[str, str]) -> None:
    """ATTACKS 73: the token is wrong, the page is ours."""
    answer = browser.post(login_page, data=LOGIN | {"csrf_token": "wrong"}, headers=headers)

    assert answer.status_code == 400
    assert "La page a expiré" in answer.text
    assert 'value="v.durant1"' in answer.text
    assert "chevalbleu7" not in answer.text
    assert 'name="mot_de_passe" type="password"' in answer.text


def test_it_can_be_sent_again(browser: FlaskClient, login_page: str) -> None:
    page = unescape(browser.post(login_page, data=LOGIN).text)

    answer = browser.post(login_page, data=LOGIN | {"csrf_token": token_of(page)})

    assert answer.status_code == 422
    assert "L’identifiant ou le mot de passe est incorrect." in unescape(answer.text)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_typed_is_not_offered(browser: FlaskClient, login_page: str, headers: dict[str, str]) -> None:
    """ATTACKS 73: one click on that page must not finish the attack."""
    form = LOGIN | {"csrf_token": token_of(browser.get(login_page).text)}

    answer = browser.post(login_page, data=form, headers=headers)

    assert answer.status_code == 400
    assert "v.durant1" not in answer.text
    assert "csrf_token" not in answer.text


def test_a_browser_that_lost_its_cookies_goes_on_in_a_new_flow(browser: FlaskClient, login_page: str) -> None:
    token = token_of(browser.get(login_page).text)
    browser.delete_cookie("idp_browser")

    page = unescape(browser.post(login_page, data=LOGIN | {"csrf_token": token}).text)
    action = re.search(r'action="([^"]+)"', page)
    assert action
    answer = browser.post(action[1], data=LOGIN | {"csrf_token": token_of(page)})

    assert action[1] != login_page
    assert answer.status_code == 422


def test_typed_text_is_escaped(browser: FlaskClient, login_page: str) -> None:
    """ATTACKS 27."""
    answer = browser.post(login_page, data={"identifiant": '"><script>', "<b>": '"><img src=x>'})

    assert "<script>" not in answer.text
    assert "<img" not in answer.text
    assert "<b>" not in answer.text


def test_a_form_with_too_many_or_too_long_fields_is_not_repeated_whole(browser: FlaskClient, login_page: str) -> None:
    """ATTACKS 28."""
    answer = browser.post(login_page, data={f"f{number}": "x" for number in range(400)} | {"long": "y" * 5000})

    assert answer.status_code == 400
    assert len(answer.text) < 20_000
