"""Faults: each one changes what its name says, for as long or as often as asked."""

import base64
from typing import Any

import orjson
import pytest
from joserfc.errors import BadSignatureError

from demo.franceconnect import faults
from tests.franceconnect_simulator.conftest import Service, answer_of, page_code, read


def claims_of(token: str) -> dict[str, Any]:
    segment = token.split(".")[1]
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return claims


def header_of(token: str) -> dict[str, Any]:
    segment = token.split(".")[0]
    header: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return header


@pytest.mark.parametrize(
    ("name", "member", "wrong"),
    [
        ("iss_other", "iss", "https://autre.example/api/v2"),
        ("aud_other", "aud", "0" * 64),
        ("aud_two", "aud", ["a" * 64, "0" * 64]),
        ("azp_other", "azp", "0" * 64),
        ("nonce_other", "nonce", "x" * 43),
        ("nonce_absent", "nonce", None),
        ("acr_absent", "acr", None),
        ("acr_other", "acr", "eidas0"),
    ],
)
def test_a_fault_of_the_id_tokens_claims(service: Service, name: str, member: str, wrong: object) -> None:
    service.simulator.faults.set(name, times=1)

    assert claims_of(service.tokens()["id_token"]).get(member) == wrong
    assert claims_of(service.tokens()["id_token"]).get(member) != wrong


def test_faults_of_time(service: Service) -> None:
    service.simulator.faults.set("exp_past", times=1)
    past = claims_of(service.tokens()["id_token"])
    service.simulator.faults.set("iat_future", times=1)
    future = claims_of(service.tokens()["id_token"])

    assert past["exp"] < service.simulator.seconds_now() < future["iat"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("alg_none", {"alg": "none"}),
        ("alg_hs256_with_public_key", {"alg": "HS256"}),
        ("alg_other", {"alg": "RS256"}),
        ("kid_unknown", {"alg": "ES256", "kid": "inconnu"}),
        ("kid_absent", {"alg": "ES256", "kid": None}),
    ],
)
@pytest.mark.parametrize("kind", ["", "userinfo"])
def test_a_fault_of_the_signature_spoils_one_kind_of_token(
    service: Service, name: str, header: dict[str, Any], kind: str
) -> None:
    service.simulator.faults.set(name, value=kind)
    tokens = service.tokens()
    spoilt, good = tokens["id_token"], service.userinfo(tokens["access_token"]).text
    if kind:
        spoilt, good = good, spoilt

    assert {member: header_of(spoilt).get(member) for member in header} == header
    assert read(good, service.simulator)


def test_a_bad_signature_is_nobodys(service: Service) -> None:
    service.simulator.faults.set("sig_bad")

    with pytest.raises(BadSignatureError):
        read(service.tokens()["id_token"], service.simulator)


@pytest.mark.parametrize(
    ("name", "member", "wrong"),
    [
        ("iss_callback_other", "iss", "https://autre.example/api/v2"),
        ("iss_callback_absent", "iss", None),
        ("state_other", "state", "autre"),
        ("state_absent", "state", None),
        ("access_denied", "error", "access_denied"),
        ("server_error", "error", "server_error"),
    ],
)
def test_a_fault_of_the_callback(service: Service, name: str, member: str, wrong: str | None) -> None:
    service.simulator.faults.set(name)
    begun = service.authorize()
    answer = begun if begun.location.startswith("http://127.0.0.1:8000") else service.agrees(service.signs_in(begun))

    assert answer_of(answer).get(member) == wrong


@pytest.mark.parametrize(
    ("name", "status", "mimetype"),
    [
        ("code_replayed", 400, "application/json"),
        ("code_expired", 400, "application/json"),
        ("token_500", 500, "text/html"),
        ("token_html", 200, "text/html"),
    ],
)
def test_a_fault_of_the_token_endpoint(service: Service, name: str, status: int, mimetype: str) -> None:
    service.simulator.faults.set(name)

    answer = service.redeem(service.code())

    assert (answer.status_code, answer.mimetype) == (status, mimetype)


def test_faults_of_userinfo(service: Service) -> None:
    def with_fault(name: str, value: str = "") -> Any:
        token = service.tokens()["access_token"]
        service.simulator.faults.set(name, value, times=1)
        return service.userinfo(token)

    assert with_fault("userinfo_500").status_code == 500
    assert with_fault("userinfo_json").get_json()["family_name"] == "DURANT"
    assert claims_of(with_fault("userinfo_sub_other").text)["sub"].startswith("ffff")
    assert claims_of(with_fault("userinfo_aud_other").text)["aud"] == "0" * 64
    assert claims_of(with_fault("userinfo_expired").text)["exp"] < service.simulator.seconds_now()
    assert len(with_fault("userinfo_huge").data) > 1_000_000
    assert "gender" not in claims_of(with_fault("claim_missing", "gender").text)
    assert "\u0007" in claims_of(with_fault("claim_control_char").text)["family_name"]
    assert claims_of(with_fault("birthplace_null").text)["birthplace"] is None


def test_faults_of_discovery_and_keys(service: Service) -> None:
    for name in ("discovery_500", "discovery_issuer_other", "jwks_500", "jwks_empty"):
        service.simulator.faults.set(name, times=1)
    discovery, jwks = "/api/v2/.well-known/openid-configuration", "/api/v2/jwks"

    assert service.browser.get(discovery).status_code == 500
    assert service.browser.get(discovery).get_json()["issuer"] == "https://autre.example/api/v2"
    assert service.browser.get(jwks).status_code == 500
    assert service.browser.get(jwks).get_json() == {"keys": []}


def test_faults_of_logout(service: Service) -> None:
    request = {"id_token_hint": service.tokens()["id_token"], "state": "s"}
    request["post_logout_redirect_uri"] = "http://127.0.0.1:8000/deconnecte"
    service.simulator.faults.set("session_lost", times=1)
    lost = service.logs_out(**request)
    service.simulator.faults.set("logout_state_other")
    after = service.browser.post("/api/v2/session/end/confirm", data=request)

    assert page_code(lost) == "Y100019"
    assert after.location.endswith("?state=autre")


def test_a_fault_may_concern_one_flow_alone(service: Service) -> None:
    service.simulator.faults.set("access_denied", state="celui-ci")

    assert service.authorize().location.startswith("/api/v2/")
    assert answer_of(service.authorize(state="celui-ci"))["error"] == "access_denied"


def test_an_unknown_fault_is_told(service: Service) -> None:
    with pytest.raises(faults.UnknownFault):
        service.simulator.faults.set("feu")
