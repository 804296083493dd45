"""The logout plans: RP-initiated, session management, front-channel and back-channel, module by module."""

import hashlib
import html
import json
import re
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import select

from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.delivery.worker import Delivery
from idp.grants import ended_clients
from idp.oidc.jwt import decode_unverified
from idp.provider.backchannel import CHANNEL, BackChannel
from idp.settings import Worker
from tests.endpoints.conftest import ISSUER, LOGOUT_URI, RelyingParty, answer_of

STATE = "a-._~!$'()*,:@/?#[]&=+ |%<>\\\"^`{}"
ORIGIN = "https://portail.example.fr"


@pytest.fixture
def party(register):
    """A client that registered for all ways of logging out, somebody logged in."""
    made = register("suite", frontchannel_logout_uri=ORIGIN + "/frontchannel_logout?a=b")
    made.log_in()
    return made


def logout(party, **parameters):
    return party.browser.get("/end_session?" + urlencode(parameters))


def id_token(party):
    return party.redeem(party.code()).json["id_token"]


def is_logged_out(party):
    return answer_of(party.authorize(prompt="none")).get("error") == "login_required"


def press(party, page, button):
    """Press a button of the confirmation page."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    fields |= {"choix": "oui" if button == "logout-confirm" else "non"}
    return party.browser.post("/deconnexion", data=fields)


def plain(party_register):
    party = party_register("plain")
    party.log_in()
    return party


def test_discovery_of_the_logout_plans(portal):
    document = portal.browser.get("/.well-known/openid-configuration").json

    assert document["end_session_endpoint"] == ISSUER + "/end_session"
    assert document["check_session_iframe"] == ISSUER + "/check_session"
    for way in ("frontchannel", "backchannel"):
        assert document[f"{way}_logout_supported"] is True
        assert document[f"{way}_logout_session_supported"] is True


def test_oidcc_rp_initiated_logout(register):
    party = plain(register)

    response = logout(party, id_token_hint=id_token(party), post_logout_redirect_uri=LOGOUT_URI, state=STATE)

    assert response.location.startswith(LOGOUT_URI + "?")
    assert parse_qsl(urlsplit(response.location).query) == [("state", STATE)]
    assert is_logged_out(party)


def test_oidcc_rp_initiated_logout_no_state(register):
    party = plain(register)

    response = logout(party, id_token_hint=id_token(party), post_logout_redirect_uri=LOGOUT_URI)

    assert response.location == LOGOUT_URI


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        LOGOUT_URI + "?foo=bar",
        LOGOUT_URI + "/random",
        "https://portail.example.fr\\@evil.example/au-revoir",
        "javascript:alert(1)//" + LOGOUT_URI,
        LOGOUT_URI.upper(),
    ],
)
def test_an_address_that_is_not_registered_is_asked_about_and_never_followed(register, uri):
    """ATTACKS 62; oidcc-rp-initiated-logout-bad-post-logout-redirect-uri, -query-added-to-…"""
    party = plain(register)

    asked = logout(party, id_token_hint=id_token(party), post_logout_redirect_uri=uri)
    done = press(party, asked, "logout-confirm")

    assert 'id="logout-confirm"' in asked.text
    assert 'id="logged-out"' in done.text
    assert "Location" not in asked.headers
    assert "Location" not in done.headers
    assert is_logged_out(party)


def modified(token):
    header = json.dumps({"alg": "none"}).encode()
    import base64

    return base64.urlsafe_b64encode(header).rstrip(b"=").decode() + "." + token.split(".")[1] + "."


def foreign(token):
    """Signed by the suite, `iss` and `aud` swapped."""
    claims = decode_unverified(token)[1]
    claims["iss"], claims["aud"] = claims["aud"], claims["iss"]
    key = RSAKey.generate_key(2048, {"kid": "suite"})
    return jws.serialize_compact({"alg": "RS256", "kid": "suite"}, json.dumps(claims).encode(), key)


@pytest.mark.parametrize("hint", [modified, foreign, lambda token: "", lambda token: token + "x"])
def test_a_hint_that_is_not_ours_proves_nothing(register, hint):
    """ATTACKS 64; oidcc-rp-initiated-logout-modified-id-token-hint, -bad-id-token-hint, -no-id-token-hint."""
    party = plain(register)

    parameters = {"id_token_hint": hint(id_token(party)), "post_logout_redirect_uri": LOGOUT_URI, "state": "s"}
    asked = logout(party, **{name: value for name, value in parameters.items() if value})
    done = press(party, asked, "logout-confirm")

    assert 'id="logout-confirm"' in asked.text
    assert 'id="logged-out"' in done.text
    assert "Location" not in done.headers


@pytest.mark.parametrize("given", ["nothing", "hint", "state"])
def test_without_an_address_the_provider_says_that_the_parent_is_logged_out(register, given):
    """oidcc-rp-initiated-logout-no-params, -no-post-logout-redirect-uri, -only-state."""
    party = plain(register)
    parameters = {"nothing": {}, "hint": {"id_token_hint": id_token(party)}, "state": {"state": "s"}}[given]

    response = logout(party, **parameters)
    if given != "hint":
        response = press(party, response, "logout-confirm")

    assert 'id="logged-out"' in response.text
    assert is_logged_out(party)


def test_another_parents_hint_asks_this_parent(register, app):
    """ATTACKS 63 and 64: an image or a link of another site, with a hint of the attacker's own session."""
    attacker, victim = plain(register), RelyingParty(app, "plain")
    victim.log_in()

    asked = logout(victim, id_token_hint=id_token(attacker), post_logout_redirect_uri=LOGOUT_URI)

    assert 'id="logout-confirm"' in asked.text
    assert not is_logged_out(victim)


def test_a_form_of_another_site_confirms_nothing(register):
    """ATTACKS 63."""
    party = plain(register)
    asked = logout(party)
    token = re.search(r'name="token" value="([^"]*)"', asked.text)[1]

    response = party.browser.post("/deconnexion", data={"token": token, "choix": "oui"})

    assert response.status_code == 400
    assert not is_logged_out(party)


def test_staying_logged_in_keeps_the_session(register):
    party = plain(register)

    press(party, logout(party), "logout-cancel")

    assert not is_logged_out(party)


def test_oidcc_session_management_rp_initiated_logout(register):
    party = plain(register)
    before = answer_of(party.authorize())["session_state"]

    assert asked_of_the_iframe(party, before) == "unchanged"
    logout(party, id_token_hint=id_token(party))
    assert asked_of_the_iframe(party, before) == "changed"


def asked_of_the_iframe(party, session_state):
    """What static/check_session.js computes; tests/browser runs the script itself."""
    cookie = party.browser.get_cookie("idp_state")
    digest, _, salt = session_state.partition(".")
    message = f"{party.client_id} {ORIGIN} {cookie.value if cookie else ''} {salt}"
    return "unchanged" if hashlib.sha256(message.encode()).hexdigest() == digest else "changed"


def test_the_iframe_may_be_framed_and_nothing_else(portal):
    """ATTACKS 24: the one exception."""
    frame, page = portal.browser.get("/check_session"), portal.browser.get("/connexion", follow_redirects=True)

    assert "X-Frame-Options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_oidcc_frontchannel_rp_initiated_logout(party):
    hint = id_token(party)

    page = logout(party, id_token_hint=hint, post_logout_redirect_uri=LOGOUT_URI, state=STATE)

    address = html.unescape(re.search(r'<iframe src="([^"]*)"', page.text)[1])
    assert address.startswith(ORIGIN + "/frontchannel_logout?a=b&")
    sid = decode_unverified(hint)[1]["sid"]
    assert parse_qs(urlsplit(address).query) == {"a": ["b"], "iss": [ISSUER], "sid": [sid]}
    refresh = html.unescape(re.search(r'http-equiv="refresh" content="5; url=([^"]*)"', page.text)[1])
    assert dict(parse_qsl(urlsplit(refresh).query)) == {"state": STATE}
    assert is_logged_out(party)


def test_only_the_origins_of_this_sessions_clients_may_be_framed(party, register):
    """ATTACKS 65."""
    register("autre", redirect_uris=["https://autre.example/cb"], frontchannel_logout_uri="https://autre.example/bye")

    page = logout(party, id_token_hint=id_token(party))

    assert f"frame-src {ORIGIN};" in page.headers["Content-Security-Policy"]
    assert "autre.example" not in page.text


@pytest.fixture
def backchannel(register, peer, app):
    """A client with a receiver that listens, and a worker that delivers what is due."""
    party = register("suite", backchannel_logout_uri=peer.answer("/backchannel_logout", "", status=200), demo=True)
    party.log_in()
    party.peer, party.deliver = peer, lambda: deliver(app)
    return party


def deliver(app, **settings):
    import threading

    with app.app_context():
        sender = BackChannel(app.extensions["idp"].provider)
        return Delivery({CHANNEL: sender}, Worker(**settings), threading.Event()).run_once()


def test_oidcc_backchannel_rp_initiated_logout(backchannel):
    hint = id_token(backchannel)
    claims = decode_unverified(hint)[1]

    logout(backchannel, id_token_hint=hint, post_logout_redirect_uri=LOGOUT_URI)
    backchannel.deliver()

    (request,) = backchannel.peer.requests
    form = dict(parse_qsl(request.body))
    assert (request.method, request.headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
    assert list(form) == ["logout_token"]
    keys = KeySet.import_key_set(backchannel.browser.get("/jwks").json)
    token = jws.deserialize_compact(form["logout_token"].encode(), keys, algorithms=["RS256"])
    assert token.headers()["typ"] == "logout+jwt"
    told = json.loads(token.payload)
    assert (told["iss"], told["aud"]) == (ISSUER, "suite")
    assert (told["sid"], told["sub"]) == (claims["sid"], claims["sub"])
    assert told["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert 0 < told["exp"] - told["iat"] <= 120
    assert told["jti"]
    assert "nonce" not in told
    assert abs(told["iat"] - time.time()) < 60  # noqa: TID251  # The receiver's clock is the real one.


def test_a_client_that_was_disabled_hears_that_its_sessions_end(backchannel, app):
    sid = decode_unverified(id_token(backchannel))[1]["sid"]
    with app.app_context():
        ended_clients.disable("suite", by="test")
        ended_clients.end_batch({"client_id": "suite", "after": "", "grants": 0, "sessions": 0})
        db.session.commit()

    backchannel.deliver()

    (request,) = backchannel.peer.requests
    assert decode_unverified(dict(parse_qsl(request.body))["logout_token"])[1]["sid"] == sid


def test_a_logout_token_is_no_id_token_hint(backchannel):
    """ATTACKS 34 and 66."""
    logout(backchannel, id_token_hint=id_token(backchannel))
    backchannel.deliver()
    token = dict(parse_qsl(backchannel.peer.requests[0].body))["logout_token"]
    backchannel.log_in()

    response = backchannel.authorize(prompt="none", id_token_hint=token)

    assert answer_of(response)["error"] == "invalid_request"


def outbox_rows(app):
    """State, tries, last error and content of each message to a client."""
    with app.app_context():
        rows = db.session.scalars(select(Message).where(Message.channel == CHANNEL).order_by(Message.id))
        return [(row.state, row.attempts, row.last_error) for row in rows]


def test_a_client_that_does_not_answer_is_told_again_with_the_same_jti(backchannel, app, clock):
    """ATTACKS 67: slow RP. The logout is done at once; the call waits in the queue, where everybody can see it."""
    backchannel.peer.answer("/backchannel_logout", "", status=503)
    backchannel.log_in()
    logout(backchannel, id_token_hint=id_token(backchannel))

    backchannel.deliver()
    waiting = outbox_rows(app)
    backchannel.peer.answer("/backchannel_logout", "", status=204)
    clock.advance(seconds=5)
    backchannel.deliver()

    assert is_logged_out(backchannel)
    assert (waiting, outbox_rows(app)) == ([("waiting", 1, "HTTP 503")], [("sent", 2, "")])
    told = [decode_unverified(dict(parse_qsl(one.body))["logout_token"])[1] for one in backchannel.peer.requests]
    assert told[0]["jti"] == told[1]["jti"]
    assert told[0]["iat"] < told[1]["iat"]


def test_a_client_that_never_answers_becomes_a_dead_letter_that_can_be_sent_again(backchannel, app, clock):
    backchannel.peer.answer("/backchannel_logout", "", status=400)
    backchannel.log_in()
    logout(backchannel, id_token_hint=id_token(backchannel))
    for _ in range(4):
        deliver(app, attempts=3)
        clock.advance(hours=1)
    dead = outbox_rows(app)
    backchannel.peer.answer("/backchannel_logout", "", status=200)
    with app.app_context():
        outbox.retry()
        db.session.commit()

    backchannel.deliver()

    assert dead == [("dead", 3, "HTTP 400")]
    assert [state for state, _, _ in outbox_rows(app)] == ["sent"]
    assert len(backchannel.peer.requests) == 4


def test_a_worker_killed_between_call_and_mark_tells_the_client_again(backchannel, app, clock):
    """Killed with -9 while the client answers: the lease ends, another worker repeats the call with the same `jti`."""
    backchannel.log_in()
    logout(backchannel, id_token_hint=id_token(backchannel))
    with app.app_context():
        taken = outbox.take((CHANNEL,), batch=1, lease_seconds=60)
        db.session.commit()
        BackChannel(app.extensions["idp"].provider).send(taken[0])
        db.session.rollback()
    at_once = backchannel.deliver()
    clock.advance(seconds=61)

    backchannel.deliver()

    assert at_once == 0
    told = [decode_unverified(dict(parse_qsl(one.body))["logout_token"])[1] for one in backchannel.peer.requests]
    assert len(told) == 2
    assert told[0]["jti"] == told[1]["jti"]
    assert [state for state, _, _ in outbox_rows(app)] == ["sent"]


def test_a_logout_leaves_nothing_alive(party):
    """ATTACKS 67: the old cookie, the tokens and the back button."""
    tokens = party.redeem(party.code()).json
    cookie = party.browser.get_cookie("idp_session").value
    page = party.browser.get("/compte")

    logout(party, id_token_hint=tokens["id_token"])

    assert party.browser.get_cookie("idp_session") is None
    party.browser.set_cookie("idp_session", cookie)
    assert is_logged_out(party)
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert "no-store" in page.headers["Cache-Control"]
