"""Attacks on the authorization endpoint, in the order of their list (ATTACKS 1 to 30), as an attacker would try them.

Those on request objects and pushed requests (14 to 19) are in `test_request_objects.py` and `test_pushed_requests.py`.
"""

import logging
import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from idp.relying_parties.errors import InvalidMetadata
from tests.endpoints.conftest import FRONT_CHANNEL, REDIRECT_URI, answer_of, error_on_page, hidden, identity_of

HOST = "https://portail.example.fr"


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://portail.example.fr@evil.fr/retour", id="1-user-information"),
        pytest.param("http://localhost:80@evil.fr", id="1-port-as-password"),
        pytest.param(REDIRECT_URI + "#", id="2-bare-fragment"),
        pytest.param(REDIRECT_URI + "#x", id="2-fragment"),
        pytest.param(REDIRECT_URI + ";x=1", id="2-path-parameter"),
        pytest.param("https://portail.example.fr\\@evil.fr/retour", id="3-backslash"),
        pytest.param(HOST + "/re\ttour", id="3-tab"),
        pytest.param(REDIRECT_URI + "\r\nSet-Cookie: a=b", id="3-line-break"),
        pytest.param("/\\evil.fr", id="3-slash-backslash"),
        pytest.param("///evil.fr", id="3-three-slashes"),
        pytest.param("HTTPS://portail.example.fr/retour", id="3-case-of-the-scheme"),
        pytest.param(HOST + "/x/../retour", id="4-traversal"),
        pytest.param(HOST + "/%72etour", id="4-escape"),
        pytest.param(HOST + "/%2572etour", id="4-double-escape"),
        pytest.param(HOST + "/..;/retour", id="4-semicolon"),
        pytest.param("https://portailXexample.fr/retour", id="5-dot-as-any-letter"),
        pytest.param(REDIRECT_URI + "/plus", id="5-prefix"),
        pytest.param(HOST + "/RETOUR", id="5-case-of-the-path"),
        pytest.param("https://portail.example.fr:443/retour", id="5-default-port"),
        pytest.param(REDIRECT_URI + "?a=b", id="7-query-added"),
        pytest.param("javascript:alert(1)", id="10-javascript"),
        pytest.param("JaVaScRiPt:alert(1)", id="10-mixed-case"),
        pytest.param("data:text/html,x", id="10-data"),
    ],
)
@pytest.mark.parametrize("mode", ["", "form_post"])
def test_a_redirect_uri_is_that_very_string_or_a_page(portal, uri, mode):
    """ATTACKS 1 to 5, 7, 10."""
    portal.log_in()

    response = portal.authorize(redirect_uri=uri, response_mode=mode)

    assert error_on_page(response) == "invalid_request"
    assert uri not in response.text


@pytest.mark.parametrize(
    "uri",
    [
        "https://portail.example.fr@evil.fr/retour",
        REDIRECT_URI + "#",
        "https://*.example.fr/retour",
        "https://portail.example.fr/*",
        "https://portail.example.fr\\@evil.fr/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http://portail.example.fr/retour",
    ],
)
def test_what_would_be_dangerous_cannot_be_registered(register, uri):
    """ATTACKS 1, 5, 10."""
    with pytest.raises(InvalidMetadata):
        register("appli", redirect_uris=[uri])


def test_the_location_is_the_registered_value_and_the_answer(portal):
    """ATTACKS 3: byte for byte."""
    portal.log_in()

    location = portal.authorize(state="a\r\nSet-Cookie: b=c").location

    assert location.startswith(REDIRECT_URI + "?code=")
    assert "\r" not in location
    assert "\n" not in location


@pytest.mark.parametrize(
    ("native", "uri", "passes"),
    [
        (True, "http://127.0.0.1:49152/retour", True),
        (True, "http://127.0.0.1:49152/autre", False),
        (True, "http://localhost:49152/retour", False),
        (True, "http://[::1]:49152/retour", False),
        (True, "http://127.0.0.1:80@evil.fr/retour", False),
        (False, "http://127.0.0.1:49152/retour", False),
    ],
)
def test_the_port_is_free_for_a_native_client_on_its_loopback_address_alone(register, native, uri, passes):
    """ATTACKS 6."""
    kind = {"application_type": "native", "token_endpoint_auth_method": "none"} if native else {"demo": True}
    grants = ["authorization_code"]
    party = register("mobile", redirect_uris=["http://127.0.0.1/retour"], grant_types=grants, **kind)
    party.log_in()

    response = party.authorize(redirect_uri=uri)

    assert (response.status_code == 303 and response.location.startswith(uri + "?code=")) is passes
    assert passes or "Location" not in response.headers


@pytest.mark.parametrize("name", ["scope", "state", "nonce", "prompt", "code_challenge", "response_mode"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_doubled_parameter_is_an_error(portal, name, method):
    """ATTACKS 8."""
    portal.log_in()
    body = urlencode(portal.request_parameters(**{name: "x"})) + f"&{name}=y"

    if method == "GET":
        response = portal.browser.get("/authorize?" + body)
    else:
        response = portal.browser.post("/authorize", data=body, content_type="application/x-www-form-urlencoded")

    assert answer_of(response)["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_doubled_client_or_address_is_a_page(portal, name):
    """ATTACKS 8."""
    portal.log_in()
    query = urlencode(portal.request_parameters()) + f"&{name}=" + quote(portal.request_parameters()[name])

    assert error_on_page(portal.browser.get("/authorize?" + query)) == "invalid_request"


def test_query_and_body_are_never_mixed(portal):
    """ATTACKS 8."""
    portal.log_in()

    response = portal.browser.post("/authorize?state=x", data=portal.request_parameters())

    assert error_on_page(response) == "invalid_request"


@pytest.mark.parametrize(
    "wrong", [{"client_id": "inconnu"}, {"redirect_uri": ""}, {"redirect_uri": "https://evil.fr/"}]
)
@pytest.mark.parametrize("then", [{"prompt": "none"}, {"response_type": "é"}, {"scope": "x"}, {"request": "x"}])
def test_no_error_makes_an_open_redirector(portal, wrong, then):
    """ATTACKS 9: client and address come first."""
    assert error_on_page(portal.authorize(**{**wrong, **then})) in ("invalid_request", "invalid_request_object")


def test_a_disabled_client_is_unknown(portal, app):
    """ATTACKS 9."""
    from idp.db import db
    from idp.relying_parties import administration

    with app.app_context():
        administration.disable("portail", by="test")
        db.session.commit()

    assert error_on_page(portal.authorize(prompt="none")) == "invalid_request"


@FRONT_CHANNEL
@pytest.mark.parametrize("mode", ["query", "query.jwt", "fragment query", "Fragment", "web_message"])
def test_a_response_mode_never_weakens_the_answer(register, mode):
    """ATTACKS 11."""
    party = register("appli", response_types=["code id_token"], grant_types=["authorization_code", "implicit"])
    party.log_in()

    answer = answer_of(party.authorize(response_type="code id_token", response_mode=mode), "fragment")

    assert answer["error"] == "invalid_request"


def test_what_waits_on_the_server_cannot_be_widened_by_the_browser(register):
    """ATTACKS 12: the pending request is the one that was checked."""
    party = register("cantine", first_party=False)
    login = party.authorize(scope="openid").location

    consent = party.logs_in_at(login + "?scope=openid+eleves&client_id=portail")

    page = party.browser.get(consent.location + "?scope=openid+eleves").text
    assert "Vos enfants" not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
        {"code_challenge": "a" * 42},
        {"code_challenge": "a" * 129},
        {"code_challenge": ""},
    ],
)
def test_pkce_is_not_left_out_or_weakened(register, changes):
    """ATTACKS 13.

    A trap of Authlib: PKCE `plain`, and public clients without it.
    """
    party = register("mobile", token_endpoint_auth_method="none", grant_types=["authorization_code"])
    party.log_in()

    assert answer_of(party.authorize(**changes))["error"] == "invalid_request"
    document = party.browser.get("/.well-known/openid-configuration").json
    assert document["code_challenge_methods_supported"] == ["S256"]


def test_the_issuer_is_in_every_answer_and_announced(portal):
    """ATTACKS 20: `answer_of` checks `iss`.

    A trap of Authlib: `iss` in the query of a fragment answer, missing from forms and errors.
    """
    answers = [portal.authorize(prompt="none"), portal.authorize(scope="x")]
    portal.log_in()
    answers += [portal.authorize(), portal.authorize(response_mode="fragment")]

    for response in answers:
        assert answer_of(response, "fragment" if "#" in response.location else "query")["iss"]
    document = portal.browser.get("/.well-known/openid-configuration").json
    assert document["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("text", ["-._~" * 32, "é &=+%#", "a" * 1000, "+ +", "%2B", "\u202e"])
def test_state_and_nonce_come_back_as_they_were(portal, text):
    """ATTACKS 21."""
    portal.log_in()

    response = portal.authorize(state=text, nonce=text)

    assert parse_qs(urlsplit(response.location).query)["state"] == [text]
    assert "nonce" not in parse_qs(urlsplit(response.location).query)
    assert identity_of(portal, portal.redeem(answer_of(response)["code"]).json["id_token"])["nonce"] == text


@pytest.mark.parametrize("again", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_reauthentication_that_is_cancelled_gives_no_code(portal, clock, again):
    """ATTACKS 22."""
    portal.log_in()
    first = identity_of(portal, portal.redeem(portal.code()).json["id_token"])["auth_time"]
    clock.advance(seconds=60)
    login = portal.authorize(**again).location

    assert portal.browser.get("/authorize/resume?flow=" + login.rpartition("/")[2]).status_code == 400
    assert answer_of(portal.cancels_at(login))["error"] == "access_denied"
    assert portal.authorize(**again).location.startswith("/connexion/")
    assert identity_of(portal, portal.redeem(portal.code()).json["id_token"])["auth_time"] == first


def test_silence_tells_nothing_but_that_a_login_is_needed(portal):
    """ATTACKS 22."""
    assert answer_of(portal.authorize(prompt="none"))["error"] == "login_required"


def test_the_id_token_tells_what_really_happened(portal, clock):
    """ATTACKS 23."""
    tokens = portal.redeem(answer_of(portal.logs_in_at(portal.authorize(acr_values="eidas3").location))["code"]).json

    claims = identity_of(portal, tokens["id_token"])
    assert (claims["acr"], claims["amr"]) == ("eidas1", ["pwd"])
    assert claims["auth_time"] == int(clock().timestamp())


def pages_of(register):
    """Login, consent, error and form pages."""
    party = register("cantine", first_party=False)
    login = party.authorize().location
    yield party.browser.get(login)
    yield party.browser.get(party.logs_in_at(login).location)
    yield party.authorize(redirect_uri="x")
    yield party.authorize(response_mode="form_post", prompt="none", max_age="0")


def test_no_page_can_be_framed(register):
    """ATTACKS 24."""
    for page in pages_of(register):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"


def test_a_consent_is_not_replayed_for_other_scopes(register):
    """ATTACKS 25: the form's seal belongs to one request and one session."""
    party = register("cantine", first_party=False)
    party.log_in()
    narrow = party.browser.get(party.authorize(scope="openid").location).text
    wide = party.authorize(scope="openid eleves").location
    seal = re.search(r'action="([^"?]+)\?sceau=([^"]+)"', narrow)[2]
    token = hidden(party.browser.get(wide).text, "csrf_token")

    forged = party.browser.post(f"{wide}?sceau={seal}", data={"csrf_token": token, "choix": "oui"})

    assert forged.status_code == 400
    assert "code=" not in forged.headers.get("Location", "")


def test_wider_scopes_ask_again_and_others_are_dropped(register):
    """ATTACKS 25."""
    party = register("cantine", first_party=False, scope="openid email profile")
    party.log_in()
    assert "code" in answer_of(party.agrees_at(party.authorize(scope="openid email")))

    wider = party.authorize(scope="openid email profile")
    granted = party.redeem(party.code(scope="openid email eleves")).json["scope"]

    assert wider.location.startswith("/autorisation/")
    assert granted == "openid email"


@pytest.mark.parametrize("path", ["/authorize/resume?flow={}", "/authorize/refuse?flow={}", "/autorisation/{}"])
def test_a_journey_works_in_the_browser_that_began_it_alone(register, path):
    """ATTACKS 26."""
    attacker, victim = register("cantine", first_party=False), register("autre")
    victim.log_in()
    attacker.account_id = victim.account_id
    attacker.log_in()
    flow = attacker.authorize().location.rpartition("/")[2]

    response = victim.browser.get(path.format(flow))

    assert response.status_code == 400
    assert "Location" not in response.headers


@pytest.mark.parametrize("name", ["login_hint", "ui_locales", "display", "claims_locales"])
def test_nothing_of_the_request_becomes_markup(portal, name):
    """ATTACKS 27."""
    login = portal.authorize(**{name: '"><script>alert(1)</script>'}).location

    page = portal.browser.get(login)

    assert "<script>alert" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_a_login_hint_fills_the_identifiant(portal):
    page = portal.browser.get(portal.authorize(login_hint="v.durant1").location).text

    assert re.search(r'id="identifiant"[^>]*value="v.durant1"', page)


def test_ui_locales_choose_the_language_of_the_page(portal):
    page = portal.browser.get(portal.authorize(ui_locales="se en-GB fr").location).text

    assert '<html lang="en"' in page


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "s" * 1_000_000},
        {"scope": "openid " + " ".join(f"s{number}" for number in range(10_000))},
        {"claims": '{"userinfo":' * 600 + "1" + "}" * 600},
        {"claims": '{"userinfo":{' + ",".join(f'"c{number}":null' for number in range(500)) + "}}"},
        {"nonce": "a\0b"},
        {"prompt": "login " * 300},
        {"acr_values": "é" * 5000},
    ],
)
def test_strange_sizes_are_refused(portal, changes):
    """ATTACKS 28."""
    portal.log_in()

    response = portal.authorize(**changes)

    assert response.status_code in (303, 400, 413)
    assert "code=" not in response.headers.get("Location", "")


def test_every_redirect_makes_the_browser_get(portal):
    """ATTACKS 29: 303, so that no password is sent on."""
    login = portal.authorize()
    page = portal.browser.get(login.location).text
    after = portal.browser.post(login.location, data={"csrf_token": hidden(page, "csrf_token")})

    assert login.status_code == 303
    assert after.status_code in (303, 422)
    portal.log_in()
    assert portal.authorize().status_code == 303
    assert portal.browser.post("/authorize", data=portal.request_parameters()).status_code == 303


def test_the_code_leaks_neither_by_referrer_nor_by_cache_nor_by_log(portal, caplog, capsys):
    """ATTACKS 30."""
    caplog.set_level(logging.DEBUG)
    portal.log_in()

    response = portal.authorize()

    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    code = answer_of(response)["code"]
    written = capsys.readouterr()
    assert code not in caplog.text + written.out + written.err
