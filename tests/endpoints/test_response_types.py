"""Implicit and hybrid response types, and the ways an answer comes back (OpenID Connect Core §3.2, §3.3)."""

import pytest

from tests.endpoints.conftest import FRONT_CHANNEL, REDIRECT_URI, answer_of, identity_of, left_half

HYBRID = ["code id_token", "code token", "code id_token token"]
ALL = ["id_token", "id_token token", *HYBRID]


@pytest.fixture
def single_page(register):
    """A client that registered every response type."""
    grants = ["authorization_code", "implicit", "refresh_token"]
    return register("appli", response_types=["code", *ALL], grant_types=grants)


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", ALL)
def test_each_part_asked_for_comes_by_fragment_bound_to_the_id_token(single_page, response_type):
    single_page.log_in()

    answer = answer_of(single_page.authorize(response_type=response_type), "fragment")

    words = set(response_type.split())
    names = {"code": "code", "token": "access_token", "id_token": "id_token"}
    assert {names[word] for word in words} == {"code", "access_token", "id_token"} & answer.keys()
    assert answer["state"] == "état-~._"
    if "id_token" in words:
        claims = identity_of(single_page, answer["id_token"])
        assert claims["nonce"] == "n" * 64
        assert claims.get("at_hash") == (left_half(answer["access_token"]) if "token" in words else None)
        assert claims.get("c_hash") == (left_half(answer["code"]) if "code" in words else None)
    if "token" in words:
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", "300")
        assert single_page.userinfo(answer["access_token"]).json["name"] == "Claire Martin"


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", HYBRID)
def test_the_code_of_a_hybrid_answer_gives_tokens_of_the_same_person(single_page, response_type):
    single_page.log_in()
    answer = answer_of(single_page.authorize(response_type=response_type), "fragment")

    tokens = single_page.redeem(answer["code"]).json

    subject = identity_of(single_page, tokens["id_token"])["sub"]
    assert single_page.userinfo(tokens["access_token"]).json["sub"] == subject
    if "id_token" in answer:
        assert identity_of(single_page, answer["id_token"])["sub"] == subject


@FRONT_CHANNEL
def test_auth_time_is_that_of_the_login_in_both_id_tokens(single_page, clock):
    """A trap of Authlib: `auth_time` is now on refresh and in hybrid answers."""
    single_page.log_in()
    login = int(clock().timestamp())
    clock.advance(seconds=90)

    answer = answer_of(single_page.authorize(response_type="code id_token"), "fragment")

    tokens = single_page.redeem(answer["code"]).json
    assert identity_of(single_page, answer["id_token"])["auth_time"] == login
    assert identity_of(single_page, tokens["id_token"])["auth_time"] == login


@FRONT_CHANNEL
def test_a_token_of_the_front_channel_ends_with_the_session(single_page):
    single_page.log_in()
    answer = answer_of(single_page.authorize(response_type="id_token token"), "fragment")
    assert single_page.userinfo(answer["access_token"]).status_code == 200

    hint = {"id_token_hint": answer["id_token"]}
    single_page.browser.get("/end_session", query_string=hint)

    assert single_page.userinfo(answer["access_token"]).status_code == 401


@FRONT_CHANNEL
@pytest.mark.parametrize("bound", ["dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"])
def test_a_client_whose_tokens_are_bound_gets_none_by_the_front_channel(register, bound):
    grants = ["authorization_code", "implicit"]
    party = register("appli", response_types=["code token"], grant_types=grants, **{bound: True})
    party.log_in()

    answer = answer_of(party.authorize(response_type="code token"), "fragment")

    assert answer["error"] == "unauthorized_client"


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token", "code id_token token"])
def test_an_id_token_by_the_front_channel_needs_a_nonce(single_page, response_type):
    single_page.log_in()

    answer = answer_of(single_page.authorize(response_type=response_type, nonce=""), "fragment")

    assert answer["error"] == "invalid_request"


@FRONT_CHANNEL
def test_code_token_needs_no_nonce(single_page):
    single_page.log_in()

    assert "code" in answer_of(single_page.authorize(response_type="code token", nonce=""), "fragment")


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", ["token", "token id_token code id_token x", "none"])
def test_no_other_combination_exists(single_page, response_type):
    """ATTACKS 12: `token` alone is no login."""
    single_page.log_in()

    mode = "fragment" if "token" in response_type else "query"
    answer = answer_of(single_page.authorize(response_type=response_type), mode)

    assert answer["error"] == "unsupported_response_type"


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", ALL)
def test_a_client_of_the_code_flow_gets_nothing_by_the_front_channel(portal, response_type):
    """ATTACKS 12."""
    portal.log_in()

    answer = answer_of(portal.authorize(response_type=response_type), "fragment")

    assert answer["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", ALL)
def test_the_front_channel_is_off_by_default(single_page, response_type):
    single_page.log_in()

    answer = answer_of(single_page.authorize(response_type=response_type), "fragment")

    assert answer["error"] == "unsupported_response_type"


@FRONT_CHANNEL
@pytest.mark.parametrize("response_type", ALL)
def test_tokens_never_come_in_a_query(single_page, response_type):
    """ATTACKS 11: the refusal itself comes by fragment."""
    single_page.log_in()

    answer = answer_of(single_page.authorize(response_type=response_type, response_mode="query"), "fragment")

    assert answer["error"] == "invalid_request"


def test_a_code_may_come_by_fragment_or_form(portal):
    """A trap of Authlib: `response_mode` ignored for `code`."""
    portal.log_in()

    assert "code" in answer_of(portal.authorize(response_mode="fragment"), "fragment")
    assert "code" in answer_of(portal.authorize(response_mode="form_post"), "form_post")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"scope": "x"}, "invalid_scope"),
    ],
)
def test_errors_go_by_form_too(portal, changes, error):
    answer = answer_of(portal.authorize(response_mode="form_post", **changes), "form_post")

    assert answer["error"] == error
    assert answer["state"] == "état-~._"


def test_the_form_works_under_a_strict_policy_and_goes_nowhere_else(portal):
    """ATTACKS 10, 11: no inline script, values escaped, `form-action` of the redirect URI alone."""
    portal.log_in()

    page = portal.authorize(response_mode="form_post", state='"><script>alert(1)</script>')

    policy = page.headers["Content-Security-Policy"]
    assert f"form-action {REDIRECT_URI};" in policy
    assert "unsafe-inline" not in policy
    assert "<script>" not in page.text
    assert 'src="/static/form_post.js"' in page.text
    assert "<button" in page.text
    assert answer_of(page, "form_post")["state"] == '"><script>alert(1)</script>'
    assert page.headers["Cache-Control"] == "no-store"


def test_a_registered_query_stays_as_it_is(register):
    party = register("banque", redirect_uris=[REDIRECT_URI + "?a=b%20c"])
    party.log_in()

    location = party.authorize(redirect_uri=REDIRECT_URI + "?a=b%20c").location

    assert location.startswith(REDIRECT_URI + "?a=b%20c&code=")
