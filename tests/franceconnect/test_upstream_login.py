"""A login at FranceConnect, proven step by step; every fault of the platform is refused for what it is."""

import datetime as dt
import json
from typing import Any

import pytest
from flask import Flask

from idp import clock as time
from idp.errors import ConfigurationError
from idp.franceconnect import calls, logins
from idp.franceconnect.errors import (
    Cancelled,
    NotAnswering,
    RequestExpired,
    TookTooLong,
    Unverifiable,
    UpstreamFailed,
    UpstreamMisconfigured,
    UpstreamRefusal,
)
from idp.franceconnect.logins import UpstreamLogins
from idp.settings import build
from tests.franceconnect.upstream import BY_KEY, ID, Person, Simulator, Visit
from tests.peer import listening


def test_the_identity_is_what_the_signed_userinfo_says(visit: Visit) -> None:
    identity = visit.comes_back().identity

    assert identity.shown == "Valéry DURANT"
    assert identity.given_names == ("Valéry", "Anne", "Marie")
    assert (identity.birthdate, identity.birthplace, identity.gender) == ("1984-05-17", "59350", "female")
    assert identity.sub.endswith("v1")
    assert identity.acr == "eidas1"


def test_exactly_the_closed_list_is_sent(visit: Visit) -> None:
    """FranceConnect refuses PKCE, login_hint and every other parameter with a page without a way back.

    A trap of Authlib, as a client: a short nonce, no timeout, the header for the secret, `iss` and `acr` unchecked.
    """
    visit.comes_back()

    (sent,) = visit.simulator.journal("/api/v2/authorize")
    names = {"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "acr_values", "prompt"}
    assert set(sent["parameters"]) == names
    assert len(sent["parameters"]["nonce"][0]) == 43
    assert len(sent["parameters"]["state"][0]) == 32 + 1 + 43


def test_a_known_browser_is_asked_for_openid_alone(visit: Visit) -> None:
    login = visit.comes_back(known=True)

    assert visit.simulator.journal("/api/v2/authorize")[0]["parameters"]["scope"] == ["openid"]
    assert login.identity.family_name == ""


def test_the_secret_goes_in_the_form_and_the_token_in_the_header(visit: Visit) -> None:
    visit.comes_back()

    (token,) = visit.simulator.journal("/api/v2/token")
    assert set(token["parameters"]) == {"grant_type", "redirect_uri", "code", "client_id", "client_secret"}
    assert token["authorization"] == ""
    assert visit.simulator.journal("/api/v2/userinfo")[0]["authorization"] == "Bearer"


@pytest.mark.parametrize(
    ("fault", "refusal", "reason"),
    [
        ("sig_bad", Unverifiable, "id_token_signature"),
        ("alg_none", Unverifiable, "id_token_signature"),
        ("alg_hs256_with_public_key", Unverifiable, "id_token_header"),
        ("alg_other", Unverifiable, "id_token_header"),
        ("kid_unknown", Unverifiable, "id_token_signature"),
        ("kid_absent", Unverifiable, "id_token_header"),
        ("iss_other", Unverifiable, "id_token_iss"),
        ("iss_callback_other", Unverifiable, "iss_of_callback"),
        ("iss_callback_absent", Unverifiable, "iss_of_callback"),
        ("aud_other", Unverifiable, "id_token_aud"),
        ("aud_two", Unverifiable, "id_token_aud"),
        ("azp_other", Unverifiable, "id_token_azp"),
        ("nonce_other", Unverifiable, "id_token_nonce"),
        ("nonce_absent", Unverifiable, "id_token_nonce"),
        ("acr_absent", Unverifiable, "id_token_acr"),
        ("acr_other", Unverifiable, "id_token_acr"),
        ("exp_past", Unverifiable, "id_token_time"),
        ("iat_future", Unverifiable, "id_token_time"),
        ("state_other", RequestExpired, "state"),
        ("state_absent", RequestExpired, "state"),
        ("code_replayed", TookTooLong, "invalid_grant"),
        ("code_expired", TookTooLong, "invalid_grant"),
        ("token_500", NotAnswering, "http_500"),
        ("token_html", NotAnswering, "not_json"),
        ("token_drop", NotAnswering, ""),
        ("userinfo_500", NotAnswering, "http_500"),
        ("userinfo_json", Unverifiable, "userinfo_unsigned"),
        ("userinfo_sub_other", Unverifiable, "userinfo_sub"),
        ("userinfo_aud_other", Unverifiable, "userinfo_aud"),
        ("userinfo_expired", Unverifiable, "userinfo_time"),
        ("userinfo_huge", NotAnswering, "DecodingError"),
        ("claim_control_char", Unverifiable, "claim_characters"),
        ("birthplace_null", Unverifiable, "claim"),
        ("access_denied", Cancelled, "access_denied"),
        ("server_error", UpstreamFailed, "server_error"),
        ("discovery_500", NotAnswering, "http_500"),
        ("discovery_issuer_other", Unverifiable, "issuer_of_discovery"),
        ("jwks_500", NotAnswering, "http_500"),
        ("jwks_empty", Unverifiable, "id_token_signature"),
    ],
)
def test_a_fault_is_refused_for_what_it_is(
    visit: Visit, fault: str, refusal: type[UpstreamRefusal], reason: str
) -> None:
    """ATTACKS 112, 113: nothing that is not proven is taken."""
    visit.simulator.fault(fault)

    with pytest.raises(refusal) as told:
        visit.comes_back()

    assert not reason or told.value.reason == reason


@pytest.mark.parametrize("fault", ["sig_bad", "alg_none", "alg_other", "kid_unknown", "kid_absent"])
def test_userinfo_is_held_to_the_same_signature(visit: Visit, fault: str) -> None:
    visit.simulator.fault(fault, "userinfo")

    with pytest.raises(Unverifiable) as told:
        visit.comes_back()

    assert told.value.reason.startswith("userinfo_")


def test_a_claim_that_is_missing_is_empty(visit: Visit) -> None:
    visit.simulator.fault("claim_missing", "gender")

    assert visit.comes_back().identity.gender == ""


def test_a_call_and_a_callback_have_their_limits(patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    assert (calls.CONNECT_SECONDS, calls.WHOLE_SECONDS, logins.CALLBACK_SECONDS) == (2, 5, 12)


@pytest.mark.parametrize("fault", ["token_slow", "userinfo_slow", "slow_all"])
def test_a_slow_answer_is_no_answer(visit: Visit, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    visit.comes_back()
    visit.person = Person()
    pending, query = visit.goes()
    monkeypatch.setattr(calls, "WHOLE_SECONDS", 1.0)
    visit.simulator.fault(fault, "30")

    with pytest.raises(NotAnswering) as told:
        visit.logins.finish(pending, query)

    assert told.value.reason == "ReadTimeout"


def test_calls_that_are_slow_together_end_too(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answers in time; the parent does not wait for the sum."""
    visit.comes_back()
    pending, query = visit.goes()
    monkeypatch.setattr(logins, "CALLBACK_SECONDS", 1.0)
    visit.simulator.fault("slow_all", "0.7", times=None)

    with pytest.raises(NotAnswering):
        visit.logins.finish(pending, query)

    assert len(visit.simulator.journal("/api/v2/token")) == 2


def test_our_own_wrong_secret_is_our_fault(simulator: Simulator) -> None:
    with pytest.raises(UpstreamMisconfigured) as told:
        Visit(simulator, client_secret="0" * 64).comes_back()

    assert told.value.reason == "invalid_client"


def test_a_request_is_over_after_30_minutes(visit: Visit, clock: Any) -> None:
    pending, _ = visit.logins.begin("franceconnect", "x", flow_id="f" * 32, known=False)

    clock.advance(minutes=31)

    assert pending.is_over


@pytest.mark.parametrize("error", ["invalid_request", "invalid_scope", "invalid_acr", "invalid_idp_hint"])
def test_errors_about_what_we_asked_are_our_fault(visit: Visit, error: str) -> None:
    with pytest.raises(UpstreamMisconfigured):
        visit.comes_back(error=error)


def test_an_error_that_nobody_knows_is_never_echoed(visit: Visit) -> None:
    with pytest.raises(UpstreamFailed) as told:
        visit.comes_back(error="<script>")

    assert told.value.reason == "unknown_error"


def test_a_soft_rotation_in_mid_flow_goes_unnoticed(visit: Visit) -> None:
    visit.comes_back()
    visit.simulator.control("POST", "/keys/rotate", {})
    visit.logins._all["franceconnect"].directory._keys.at -= dt.timedelta(minutes=2)  # type: ignore[union-attr]

    assert visit.comes_back().identity.shown == "Valéry DURANT"


def test_after_a_hard_rotation_the_keys_are_asked_for_once_a_minute(visit: Visit) -> None:
    visit.comes_back()
    visit.simulator.control("POST", "/keys/rotate", {"hard": True})

    with pytest.raises(Unverifiable):
        visit.comes_back()
    assert len(visit.simulator.journal("/api/v2/jwks")) == 1

    visit.logins._all["franceconnect"].directory._keys.at -= dt.timedelta(minutes=2)  # type: ignore[union-attr]
    assert visit.comes_back()
    assert len(visit.simulator.journal("/api/v2/jwks")) == 2


def test_the_last_good_discovery_serves_for_a_day(visit: Visit) -> None:
    visit.comes_back()
    visit.simulator.fault("discovery_500", times=None)
    directory = visit.logins._all["franceconnect"].directory
    kept = directory._metadata
    assert kept is not None

    kept.at -= dt.timedelta(hours=23)
    assert directory.metadata() == kept.value
    kept.at -= dt.timedelta(hours=2)
    with pytest.raises(NotAnswering):
        directory.metadata()


def test_five_failures_in_a_minute_take_the_button_away_for_a_minute(visit: Visit, clock: Any) -> None:
    clock.set(dt.datetime.now(dt.UTC))  # noqa: TID251  # The simulator has the machine's time.
    visit.simulator.fault("discovery_500", times=None)

    for _ in range(5):
        with pytest.raises(NotAnswering):
            visit.comes_back()
    down = visit.logins.is_down("franceconnect")
    asked = len(visit.simulator.journal("/api/v2/.well-known/openid-configuration"))
    with pytest.raises(NotAnswering):
        visit.comes_back()

    assert down
    assert len(visit.simulator.journal("/api/v2/.well-known/openid-configuration")) == asked == 5
    visit.simulator.mend()
    clock.advance(seconds=61)
    assert not visit.logins.is_down("franceconnect")
    assert visit.comes_back()


def test_a_closed_port_is_no_answer(visit: Visit) -> None:
    visit.simulator.fault("down", times=None)

    with pytest.raises(NotAnswering):
        visit.comes_back()


def test_the_time_of_the_machine_is_what_tokens_are_held_to(visit: Visit) -> None:
    visit.simulator.control("PUT", "/clock", {"offset": 25})
    assert visit.comes_back()

    visit.simulator.control("PUT", "/clock", {"offset": 40})
    with pytest.raises(Unverifiable) as told:
        visit.comes_back()

    assert told.value.reason == "id_token_time"
    assert time.now()


def test_the_provider_may_prove_itself_by_its_key(simulator: Simulator, app: Flask) -> None:
    """private_key_jwt, and RS256 as the registered algorithm: both are settings."""
    sign = app.extensions["idp"].provider.assert_ourselves
    registered = {"client_id": BY_KEY, "client_secret": "", "authentication": "private_key_jwt", "alg": "RS256"}

    identity = Visit(simulator, sign, **registered).comes_back().identity

    (token,) = simulator.journal("/api/v2/token")
    assert identity.shown == "Valéry DURANT"
    assert "client_secret" not in token["parameters"]


@pytest.mark.parametrize("settings", [{"alg": "HS256"}, {"authentication": "client_secret_basic"}])
def test_what_franceconnect_or_we_refuse_cannot_be_set(simulator: Simulator, settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Visit(simulator, **settings)


def test_discovery_and_keys_are_asked_for_once_in_ten_minutes(visit: Visit) -> None:
    visit.comes_back()
    visit.comes_back()

    for path in ("/api/v2/.well-known/openid-configuration", "/api/v2/jwks"):
        assert len(visit.simulator.journal(path)) == 1


def test_an_endpoint_of_another_origin_is_not_taken() -> None:
    """ATTACKS 119: discovery points elsewhere."""
    with listening() as peer:
        names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        document = {"issuer": peer.url} | {name: f"{peer.url}/{name}" for name in names}
        document["token_endpoint"] = "http://127.0.0.1:9/token"
        peer.answer("/.well-known/openid-configuration", json.dumps(document), Content_Type="application/json")
        settings = {"server": {"demo": True}, "franceconnect": {"issuer": peer.url, "client_id": ID}}
        logins_there = UpstreamLogins(build(settings), lambda alg, client_id, audience: "")

        with pytest.raises(Unverifiable) as told:
            logins_there.begin("franceconnect", "x", flow_id="f" * 32, known=False)

    assert told.value.reason == "endpoint_of_another_origin"


@pytest.mark.parametrize("fault", ["token_drop", "token_500"])
def test_a_code_that_may_have_arrived_is_not_sent_again(visit: Visit, fault: str) -> None:
    visit.simulator.fault(fault)

    with pytest.raises(NotAnswering):
        visit.comes_back()

    assert len(visit.simulator.journal("/api/v2/token")) == 1


def test_an_access_token_that_has_ended_took_too_long(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    get = calls.Calls.get
    ended = calls.Answer(401, "application/json", b"{}")
    monkeypatch.setattr(calls.Calls, "get", lambda one, url, bearer="": ended if bearer else get(one, url))

    with pytest.raises(TookTooLong):
        visit.comes_back()
