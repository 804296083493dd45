"""The authorization endpoint: what is refused on a page, what goes back to the client, who must log in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import BOTH_DATABASES

REDIRECT_URI = "https://portail.example.fr/retour"


def error_of(response):
    assert response.status_code == 303, response.text
    assert response.location.startswith(REDIRECT_URI + "?")
    answer = {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}
    assert answer["iss"] == "http://127.0.0.1:8000"
    assert "code" not in answer
    return answer["error"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "inconnu"},
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": REDIRECT_URI + "/random"},
        {"redirect_uri": REDIRECT_URI + "#"},
        {"redirect_uri": REDIRECT_URI + "?a=b"},
        {"redirect_uri": "https://portail.example.fr@evil.example/retour"},
        {"redirect_uri": 'https://portail.example.fr/"é'},
        {"state": "s" * 70_000},
    ],
)
def test_what_cannot_be_trusted_gets_a_page_and_no_redirect(portal, changes):
    portal.log_in()

    response = portal.authorize(**changes)

    assert response.status_code in (400, 413)
    assert "Location" not in response.headers
    assert 'id="error-page"' in response.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": 'é"'}, "unsupported_response_type"),
        ({"response_mode": "é"}, "invalid_request"),
        ({"prompt": "create login"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "a.b.c"}, "invalid_request_object"),
        ({"request_uri": "https://a.example"}, "request_uri_not_supported"),
        ({"id_token_hint": "a.b.c"}, "invalid_request"),
        ({"resource": "https://a.example"}, "invalid_target"),
        ({"nonce": "n" * 1025}, "invalid_request"),
    ],
)
def test_a_bad_request_of_a_known_client_goes_back_to_it(portal, changes, error):
    portal.log_in()

    assert error_of(portal.authorize(**changes)) == error


@pytest.mark.parametrize("query", [b"client_id=%ff", b"client_id=a%00", b"a=1&" * 100, b"client_id=a&client_id=b"])
def test_strange_bytes_get_a_page(portal, query):
    """A trap of Authlib: 500 on accents, quotes and bytes in a request."""
    response = portal.browser.get("/authorize?" + query.decode())

    assert response.status_code == 400
    assert "Location" not in response.headers


def test_a_doubled_state_is_an_error_for_the_client(portal):
    portal.log_in()

    response = portal.authorize(prompt="none")
    doubled = portal.browser.get(f"/authorize?client_id=portail&redirect_uri={REDIRECT_URI}&state=a&state=b")

    assert response.status_code == 303
    assert error_of(doubled) == "invalid_request"


def test_nobody_logged_in_goes_to_the_login_page(portal):
    response = portal.authorize()

    assert response.status_code == 303
    assert response.location.startswith("/connexion/")


def test_prompt_none_without_session_is_login_required(portal):
    assert error_of(portal.authorize(prompt="none")) == "login_required"


def test_prompt_login_asks_again(portal):
    portal.log_in()

    assert portal.authorize(prompt="login").location.startswith("/connexion/")


def test_an_old_login_is_asked_again_by_max_age(portal, clock):
    portal.log_in()
    clock.advance(seconds=10)

    assert portal.authorize(max_age="9").location.startswith("/connexion/")
    assert portal.authorize(max_age="11").location.startswith(REDIRECT_URI)


def test_a_registered_default_max_age_holds_when_the_request_says_nothing(register, clock):
    party = register("banque", default_max_age=9, require_auth_time=True)
    party.log_in()
    clock.advance(seconds=10)

    assert party.authorize().location.startswith("/connexion/")
    assert party.authorize(max_age="11").location.startswith(REDIRECT_URI)


def test_a_public_client_needs_pkce(register):
    public = register("mobile", token_endpoint_auth_method="none", grant_types=["authorization_code"])
    public.log_in()

    assert error_of(public.authorize(code_challenge="", code_challenge_method="")) == "invalid_request"


def test_a_hint_of_the_same_parent_passes_silently(portal):
    portal.log_in()
    hint = portal.redeem(portal.code()).json["id_token"]

    assert "code=" in portal.authorize(prompt="none", id_token_hint=hint).location


def test_another_service_needs_consent_once(register):
    service = register("cantine", first_party=False)
    service.log_in()
    assert error_of(service.authorize(prompt="none")) == "consent_required"
    page = service.authorize()
    assert page.location.startswith("/autorisation/")
    form = service.browser.get(page.location)
    assert 'id="consent-form"' in form.text

    agreed = _send(service, form, "oui")

    assert "code=" in agreed.location
    assert "code=" in service.authorize(prompt="none").location


def test_a_refused_consent_is_access_denied(register):
    service = register("cantine", first_party=False)
    service.log_in()
    form = service.browser.get(service.authorize().location)

    assert error_of(_send(service, form, "non")) == "access_denied"


def _send(service, form, choice):
    import re

    action = re.search(r'id="consent-form" method="post" action="([^"]+)"', form.text)[1]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)[1]
    return service.browser.post(action, data={"csrf_token": token, "choix": choice})


def test_a_browser_that_came_without_a_cookie_gets_one_that_no_script_reads(portal):
    response = portal.authorize()

    assert (response.status_code, response.headers["Cache-Control"]) == (303, "no-store")
    name, *attributes = response.headers["Set-Cookie"].split("; ")
    assert name.startswith("idp_browser=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
    assert "Set-Cookie" not in portal.authorize().headers


@pytest.mark.parametrize("cookie", ["x", '"' + "a" * 43 + '"', "é" * 43])
def test_a_login_begins_whatever_the_browsers_cookie_looks_like(portal, cookie):
    portal.browser.set_cookie("idp_browser", cookie)

    login = portal.authorize().location

    assert portal.browser.get(login).status_code == 200


@BOTH_DATABASES
def test_a_login_from_the_first_redirect_to_the_code_keeps_what_the_service_asked(portal):
    answer = portal.logs_in_at(portal.authorize(state="étape \U0001f600").location)

    assert answer.location.startswith(REDIRECT_URI + "?")
    back = parse_qs(urlsplit(answer.location).query)
    assert back["state"] == ["étape \U0001f600"]
    assert "code" in back
