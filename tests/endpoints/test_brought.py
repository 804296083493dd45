"""What a service posts from its own site, where the browser sends no cookie of ours with it (SameSite=Lax)."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.conftest import Clock
from tests.endpoints.conftest import RelyingParty

LOGOUT_URI = "https://portail.example.fr/au-revoir"
Posts = Callable[..., TestResponse]


@pytest.fixture
def posts(app: Flask) -> Posts:
    """Send a form as the browser does from another site."""

    def post(path: str, form: dict[str, str]) -> TestResponse:
        return Client(app, TestResponse, use_cookies=False).post(path, data=form)

    return post


def test_a_posted_request_finds_the_session(portal: RelyingParty, posts: Posts):
    portal.log_in()

    answer = posts("/authorize", portal.request_parameters(prompt="none"))

    assert answer.status_code == 303
    assert answer.headers.getlist("Set-Cookie") == []
    assert "code=" in portal.browser.get(answer.location).location


def test_a_posted_logout_with_a_hint_ends_the_session(portal: RelyingParty, posts: Posts):
    portal.log_in()
    tokens = portal.redeem(portal.code()).json
    form = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": LOGOUT_URI}

    answer = posts("/end_session", form)
    after = portal.browser.get(answer.location)

    assert tokens["id_token"] not in answer.location
    assert after.location == LOGOUT_URI
    assert "login_required" in portal.authorize(prompt="none").location
    assert portal.refresh(tokens["refresh_token"]).status_code == 400


def test_a_logout_posted_by_a_stranger_is_asked_about(portal: RelyingParty, posts: Posts):
    """ATTACKS 63."""
    portal.log_in()

    answer = posts("/end_session", {"ui_locales": "fr"})
    after = portal.browser.get(answer.location)

    assert answer.headers.getlist("Set-Cookie") == []
    assert 'id="logout-confirm"' in after.text
    assert "code=" in portal.authorize(prompt="none").location


def test_a_logout_without_a_session_takes_no_cookie_away(app: Flask):
    answer = Client(app, TestResponse).get("/end_session")

    assert answer.status_code == 200
    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("change", ["late", "elsewhere", "damaged"])
def test_what_was_posted_serves_once_there_and_then(portal: RelyingParty, posts: Posts, clock: Clock, change: str):
    location = posts("/authorize", portal.request_parameters()).location
    if change == "late":
        clock.advance(seconds=61)
    elif change == "elsewhere":
        location = location.replace("/authorize", "/end_session")
    else:
        location = location[:-2]

    answer = portal.browser.get(location)

    assert answer.status_code == 400
    assert "<main" in answer.text


def test_a_form_that_fits_no_address_is_answered_as_it_is(portal: RelyingParty, posts: Posts):
    answer = posts("/authorize", portal.request_parameters(state="s" * 4090))

    assert answer.location.startswith("/connexion/")
