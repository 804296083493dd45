"""Pushed authorization requests (RFC 9126)."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from idp.db import db
from idp.grants import pushed_requests
from idp.grants.models import PushedRequest
from tests.conftest import BOTH_DATABASES
from tests.endpoints.conftest import CHALLENGE, REDIRECT_URI, answer_of, identity_of

REQUIRED = pytest.mark.parametrize("protocol", [{"require_pushed_requests": True}], indirect=True)


def push(party, **changes):
    form = {
        "response_type": "code",
        "client_id": party.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile",
        "state": "état-~._",
        "nonce": "n" * 64,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return party.post("/par", {name: value for name, value in form.items() if value})


def visit(party, request_uri, **outside):
    return party.browser.get(
        "/authorize?" + urlencode({"client_id": party.client_id, "request_uri": request_uri} | outside)
    )


def refused_on_a_page(response, error):
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert f'data-error="{error}"' in response.text


@BOTH_DATABASES
def test_a_pushed_request_is_answered_once(portal):
    """ATTACKS 18: not replayed."""
    portal.log_in()
    pushed = push(portal)
    assert (pushed.status_code, pushed.json["expires_in"]) == (201, 90)
    assert pushed.headers["Cache-Control"] == "no-store"

    answer = answer_of(visit(portal, pushed.json["request_uri"]))

    assert answer["state"] == "état-~._"
    assert identity_of(portal, portal.redeem(answer["code"]).json["id_token"])["nonce"] == "n" * 64
    refused_on_a_page(visit(portal, pushed.json["request_uri"]), "invalid_request_uri")


def test_what_the_browser_brings_beside_it_means_nothing(portal):
    """ATTACKS 17."""
    portal.log_in()
    outside = {"redirect_uri": "https://evil.example/", "scope": "openid eleves", "state": "autre", "prompt": "none"}

    answer = answer_of(visit(portal, push(portal).json["request_uri"], **outside))

    assert answer["state"] == "état-~._"
    tokens = portal.redeem(answer["code"]).json
    assert "eleves" not in tokens["scope"]


def test_it_is_spent_at_the_end_of_the_login_and_not_at_the_first_visit(portal, clock):
    uri = push(portal).json["request_uri"]
    first = visit(portal, uri).location
    again = visit(portal, uri).location
    assert first.startswith("/connexion/")
    assert again.startswith("/connexion/")
    clock.advance(seconds=300)  # the login takes longer than the request_uri lives

    assert "code" in answer_of(portal.logs_in_at(first))
    assert answer_of(portal.logs_in_at(again))["error"] == "invalid_request_uri"


def test_a_refusal_spends_it_too(portal):
    uri = push(portal).json["request_uri"]
    login = visit(portal, uri).location

    assert answer_of(portal.cancels_at(login))["error"] == "access_denied"
    refused_on_a_page(visit(portal, uri), "invalid_request_uri")


def test_it_ends_by_itself(portal, clock):
    """ATTACKS 18."""
    portal.log_in()
    uri = push(portal).json["request_uri"]

    clock.advance(seconds=91)

    refused_on_a_page(visit(portal, uri), "invalid_request_uri")


def test_another_client_cannot_use_it(portal, register):
    """ATTACKS 18."""
    other = register("autre")
    other.log_in()

    refused_on_a_page(visit(other, push(portal).json["request_uri"]), "invalid_request_uri")


@pytest.mark.parametrize("reference", ["", "x", "é" * 9, "a" * 1000])
def test_it_cannot_be_guessed(portal, reference):
    """ATTACKS 18."""
    portal.log_in()

    refused_on_a_page(
        visit(portal, "urn:ietf:params:oauth:request_uri:" + (reference or "a" * 43)), "invalid_request_uri"
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": REDIRECT_URI + "/random"}, "invalid_request"),
        ({"redirect_uri": ""}, "invalid_request"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request_uri": "https://portail.example.fr/demande"}, "invalid_request"),
        ({"client_id": "autre"}, "invalid_request"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"request": "a.b.c"}, "invalid_request_object"),
    ],
)
def test_the_checks_of_the_authorization_endpoint_run_when_it_is_pushed(portal, changes, error):
    answer = push(portal, **changes)

    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_client_must_authenticate_to_push(portal):
    answer = portal.post("/par", {"client_id": "portail"}, secret="x")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_post_pushes(portal, method):
    assert portal.browser.open("/par", method=method).status_code == 405


@REQUIRED
def test_the_provider_may_want_every_request_pushed(portal):
    portal.log_in()

    assert answer_of(portal.authorize())["error"] == "invalid_request"
    assert "code" in answer_of(visit(portal, push(portal).json["request_uri"]))
    document = portal.browser.get("/.well-known/openid-configuration").json
    assert document["require_pushed_authorization_requests"] is True


def test_a_client_may_want_its_requests_pushed(register):
    party = register("banque", require_pushed_authorization_requests=True)
    party.log_in()

    assert answer_of(party.authorize())["error"] == "invalid_request"
    assert "code" in answer_of(visit(party, push(party).json["request_uri"]))


def test_a_copy_of_the_table_gives_no_reference_and_no_secret_away(register, app):
    party = register("banque", token_endpoint_auth_method="client_secret_post")
    form = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "openid", "client_id": "banque"}
    pushed = party.browser.post("/par", data={**form, "client_secret": "s" * 43}).json

    with app.app_context():
        row = db.session.scalars(select(PushedRequest)).one()
    assert row.id.hex() not in pushed["request_uri"]
    assert pushed["request_uri"].rpartition(":")[2].encode() != row.id
    assert "s" * 43 not in row.parameters


@BOTH_DATABASES
def test_old_ones_are_swept_once_no_login_can_need_them(portal, app, clock):
    push(portal)
    clock.advance(minutes=30)
    with app.app_context():
        assert pushed_requests.sweep() == 0
        clock.advance(minutes=40)
        assert pushed_requests.sweep() == 1
