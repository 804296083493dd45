"""Cross-origin requests: who may read what (docs/decisions/0008-cors.md, ATTACKS 50)."""

import pytest

from idp.db import db
from idp.relying_parties import administration, service
from tests.endpoints.conftest import CHALLENGE, REDIRECT_URI, VERIFIER

PAGE = "https://appli.example.fr"
EVIL = "https://evil.example"
PUBLIC = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"]
FOR_CLIENTS = ["/token", "/revoke", "/par", "/userinfo"]


@pytest.fixture
def single_page(register):
    """A public client in the browser, somebody logged in."""
    party = register(
        "appli",
        token_endpoint_auth_method="none",
        redirect_uris=[PAGE + "/retour"],
        grant_types=["authorization_code", "refresh_token"],
    )
    party.log_in()
    return party


def preflight(party, path, origin=PAGE, method="POST", headers="authorization,dpop"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return party.browser.options(path, headers=asked)


def opened_to(answer):
    """The origin whose scripts may read the answer; never with cookies."""
    assert "Access-Control-Allow-Credentials" not in answer.headers
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("path", PUBLIC)
def test_public_metadata_is_anybodys_to_read(portal, path):
    assert opened_to(portal.browser.get(path, headers={"Origin": EVIL})) == "*"
    answer = preflight(portal, path, EVIL, "GET")
    assert (answer.status_code, opened_to(answer), answer.data) == (204, "*", b"")


@pytest.mark.parametrize("path", FOR_CLIENTS)
def test_a_preflight_is_answered_to_the_pages_of_a_public_client_alone(single_page, path):
    answer = preflight(single_page, path)

    assert (answer.status_code, opened_to(answer)) == (204, PAGE)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, DPoP"
    assert answer.headers["Vary"] == "Origin"
    for other in (EVIL, "null", "", PAGE + ".evil.example", PAGE.upper(), "http://appli.example.fr", PAGE + ":8443"):
        assert opened_to(preflight(single_page, path, other)) is None


def test_a_page_reads_its_tokens_userinfo_and_refusals(single_page):
    form = {"grant_type": "authorization_code", "client_id": "appli", "redirect_uri": PAGE + "/retour"}
    push = {"client_id": "appli", "redirect_uri": PAGE + "/retour", "response_type": "code", "scope": "openid"}
    push |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    post = lambda path, data: single_page.browser.post(path, data=data, headers={"Origin": PAGE})  # noqa: E731
    pushed = post("/par", push)
    query = {"client_id": "appli", "request_uri": pushed.json["request_uri"]}
    code = single_page.browser.get("/authorize", query_string=query).location.split("code=")[1].split("&")[0]

    tokens = post("/token", {**form, "code": code, "code_verifier": VERIFIER})
    bearer = {"Authorization": f"Bearer {tokens.json['access_token']}", "Origin": PAGE}
    userinfo = single_page.browser.get("/userinfo", headers=bearer)
    refused = post("/token", {**form, "code": "wrong"})
    revoked = post("/revoke", {"token": tokens.json["access_token"], "client_id": "appli"})

    assert [answer.status_code for answer in (pushed, tokens, userinfo, refused, revoked)] == [201, 200, 200, 400, 200]
    for answer in (pushed, tokens, userinfo, refused, revoked):
        assert opened_to(answer) == PAGE
        assert answer.headers["Access-Control-Expose-Headers"] == "DPoP-Nonce, WWW-Authenticate"


def test_the_same_answers_are_closed_to_other_pages(single_page):
    """ATTACKS 50"""
    for method, path in (("POST", "/token"), ("POST", "/revoke"), ("POST", "/par"), ("GET", "/userinfo")):
        assert opened_to(single_page.browser.open(path, method=method, headers={"Origin": EVIL})) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/authorize"),
        ("POST", "/authorize"),
        ("OPTIONS", "/authorize"),
        ("POST", "/introspect"),
        ("OPTIONS", "/introspect"),
        ("POST", "/device_authorization"),
        ("GET", "/end_session"),
        ("OPTIONS", "/end_session"),
        ("GET", "/check_session"),
        ("POST", "/register"),
        ("OPTIONS", "/register"),
        ("GET", "/mon-compte"),
        ("GET", "/connexion"),
    ],
)
def test_nothing_else_is_open_to_any_page(single_page, method, path):
    """ATTACKS 50: where browsers navigate, or where other programs ask, no script of another origin reads."""
    assert opened_to(single_page.browser.open(path, method=method, headers={"Origin": PAGE})) is None


def test_confidential_and_native_clients_have_no_pages(register):
    register("guichet")
    native = {"application_type": "native", "token_endpoint_auth_method": "none"}
    native["grant_types"] = ["authorization_code"]
    party = register("mobile", redirect_uris=["http://127.0.0.1:7777/cb"], **native)

    for origin in (REDIRECT_URI.removesuffix("/retour"), "http://127.0.0.1:7777"):
        assert opened_to(preflight(party, "/token", origin)) is None


def test_a_page_is_forgotten_when_its_client_moves_or_is_disabled(single_page, app):
    with app.app_context():
        client = service.get_client("appli")
        client.metadata_ = {
            **client.metadata_,
            "redirect_uris": ["https://neuf.example.fr/a", "https://neuf.example.fr/b"],
        }
        db.session.commit()
    app.extensions["idp"].provider.origins.forget()
    moved = [opened_to(preflight(single_page, "/token", origin)) for origin in (PAGE, "https://neuf.example.fr")]
    with app.app_context():
        administration.disable("appli", by="cli")
        db.session.commit()
    app.extensions["idp"].provider.origins.forget()

    assert moved == [None, "https://neuf.example.fr"]
    assert opened_to(preflight(single_page, "/token", "https://neuf.example.fr")) is None
