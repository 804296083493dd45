"""«Essayer la connexion»: what a developer asks for, sees and keeps to oneself."""

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

REFRESHABLE = "scope=profile&scope=offline_access&prompt=consent"


def asked(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def result(tryit):
    return unescape(tryit.open("/resultat").text)


def refreshes(tryit, csrf=None):
    csrf = csrf or re.search(r'name="csrf" value="([^"]+)"', result(tryit))[1]
    return tryit.client.post("/rafraichir", data={"csrf": csrf})


def test_what_discovery_names_can_be_chosen(tryit):
    page = tryit.open("/").text

    for value in ("profile", "eleves", "offline_access"):
        assert f'name="scope" value="{value}"' in page
    assert "<option>eidas2</option>" in page
    assert f"{tryit.provider.issuer}/developpeurs" in page


def test_the_choices_are_in_the_request_that_is_shown(tryit):
    request = asked(tryit.asks("scope=eleves&prompt=login&acr_values=eidas2&claim=email&claim=x&login_hint=v.durant1"))

    assert request["scope"] == "openid eleves"
    assert (request["prompt"], request["acr_values"], request["login_hint"]) == ("login", "eidas2", "v.durant1")
    assert json.loads(request["claims"]) == {"id_token": {"email": None}}
    assert request["code_challenge_method"] == "S256"


def test_what_is_left_empty_is_not_sent(tryit):
    assert (
        not {"prompt", "acr_values", "claims", "login_hint"}
        & asked(tryit.asks("prompt=&acr_values=&login_hint=")).keys()
    )


def test_each_exchange_is_shown_in_order(tryit):
    address = tryit.asks("scope=profile")
    answer = tryit.open(tryit.provider.authorize(address))

    page = result(tryit)

    assert answer.location.startswith("/resultat")
    parts = (
        address,
        "the-code",
        '"access_token": "opaque"',
        '"alg": "RS256"',
        '"sub": "valery"',
        '"given_name": "Valéry"',
    )
    assert [page.find(part) > 0 for part in parts] == [True] * len(parts)
    assert "Signature vérifiée" in page


def test_a_forged_id_token_is_told_with_its_cause(tryit):
    tryit.provider.id_token = {"nonce": "forged"}

    answer = tryit.logs_in()

    assert answer.status_code == 400
    assert "nonce" in answer.text
    assert tryit.open("/resultat").location == "/"


def test_an_error_of_the_provider_is_shown_as_text(tryit):
    answer = tryit.logs_in("prompt=none", code=None, error="login_required", error_description="<script>")

    assert answer.status_code == 403
    assert "login_required" in answer.text
    assert "docs/errors.md" in answer.text
    assert "<script>" not in answer.text


def test_tokens_are_refreshed(tryit):
    tryit.logs_in(REFRESHABLE)
    tryit.provider.id_token = {"nonce": None, "auth_time": 1_700_000_000}

    answer = refreshes(tryit)

    assert answer.location == "/resultat#jetons"
    assert "Rafraîchis 1 fois" in result(tryit)
    assert '"auth_time": 1700000000' in result(tryit)
    assert tryit.provider.token_requests[-1]["grant_type"] == "refresh_token"


def test_a_refresh_for_another_person_is_refused(tryit):
    """OIDC Core §12.2."""
    tryit.logs_in(REFRESHABLE)
    tryit.provider.person = {"sub": "somebody-else"}

    assert refreshes(tryit).status_code == 400
    assert "somebody-else" not in result(tryit)


def test_without_a_refresh_token_no_button_offers_it(tryit):
    tryit.logs_in("scope=profile")

    assert 'id="rafraichir"' not in result(tryit)


def test_another_site_cannot_refresh(tryit):
    tryit.logs_in(REFRESHABLE)

    assert refreshes(tryit, csrf="forged").status_code == 400
    assert len(tryit.provider.token_requests) == 1


def test_tokens_are_in_no_cookie_and_for_no_other_browser(tryit):
    answer = tryit.logs_in(REFRESHABLE)

    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert len(cookie.split(";")[0].removeprefix("tryit_session=")) == 43
    assert tryit.client.application.test_client().get("/resultat").location == "/"


def test_logging_out_forgets_the_tokens(tryit):
    tryit.logs_in(REFRESHABLE)
    cookie = tryit.client.get_cookie("tryit_session").value
    csrf = re.search(r'name="csrf" value="([^"]+)"', result(tryit))[1]

    page = tryit.client.post("/deconnexion", data={"csrf": csrf}).text

    assert "end_session" in page
    assert tryit.login.store.find(cookie) is None


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "response_type", "state"])
def test_a_link_of_someone_else_changes_nothing_but_the_choices(tryit, name):
    address = tryit.open(
        f"/initiate?iss={tryit.provider.issuer}&target_link_uri=http://localhost/resultat?{name}=evil%26scope=openid"
    ).location

    assert "evil" not in address
    assert asked(address)["scope"] == "openid"
