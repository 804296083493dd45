"""RP-initiated logout."""

from urllib.parse import urlencode

LOGOUT_URI = "https://portail.example.fr/au-revoir"


def logout(party, **parameters):
    return party.browser.get("/end_session?" + urlencode(parameters))


def test_a_hint_of_this_session_logs_out_and_goes_back_with_state(portal):
    """A trap of Authlib: end_session without redirect, and any token taken as a hint."""
    portal.log_in()
    hint = portal.redeem(portal.code()).json["id_token"]

    response = logout(portal, id_token_hint=hint, post_logout_redirect_uri=LOGOUT_URI, state="a b")

    assert response.location == LOGOUT_URI + "?state=a+b"
    assert "login_required" in portal.authorize(prompt="none").location


def test_online_refresh_tokens_die_with_the_session_and_offline_ones_live(portal):
    portal.log_in()
    online = portal.redeem(portal.code()).json
    offline = portal.redeem(portal.code(scope="openid offline_access")).json

    logout(portal, id_token_hint=online["id_token"])

    assert portal.refresh(online["refresh_token"]).status_code == 400
    assert portal.refresh(offline["refresh_token"]).status_code == 200


def test_without_hint_the_parent_is_asked(portal):
    portal.log_in()

    response = logout(portal)

    assert 'id="logout-confirm"' in response.text
    assert "code=" in portal.authorize(prompt="none").location
