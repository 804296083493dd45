"""Token and userinfo endpoints: lifetimes, members, refusals, and the subject."""

import re
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from demo.franceconnect.config import Client
from tests.franceconnect_simulator.conftest import CALLBACK, ID, ISSUER, Service, read


def refusal(response: TestResponse) -> tuple[int, str, str]:
    body = response.get_json()
    found = re.search(r"code=(Y\w+)", body["error_uri"])
    assert found is not None
    return response.status_code, body["error"], found.group(1)


def test_the_answer_has_five_members_and_no_refresh_token(service: Service) -> None:
    answer = service.tokens()

    assert set(answer) == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    assert (answer["expires_in"], answer["token_type"]) == (60, "Bearer")


def test_the_id_token_lives_a_minute_and_holds_no_identity(service: Service) -> None:
    header, claims = read(service.tokens()["id_token"], service.simulator)

    assert set(header) == {"alg", "kid"}
    assert set(claims) == {"sub", "acr", "auth_time", "nonce", "aud", "exp", "iat", "iss"}
    assert claims["exp"] - claims["iat"] == 60
    assert (claims["aud"], claims["iss"], claims["nonce"], claims["acr"]) == (ID, ISSUER, "n" * 43, "eidas1")


def test_userinfo_is_a_signed_token_with_the_claims_of_the_scopes(service: Service) -> None:
    tokens = service.tokens()
    answer = service.userinfo(tokens["access_token"])

    _, claims = read(answer.text, service.simulator)
    _, identity = read(tokens["id_token"], service.simulator)

    assert answer.mimetype == "application/jwt"
    assert claims["sub"] == identity["sub"]
    assert claims["given_name_array"] == ["Valéry", "Anne", "Marie"]
    assert (claims["family_name"], claims["birthplace"], claims["birthcountry"]) == ("DURANT", "59350", "99100")
    assert "preferred_username" not in claims
    assert "idp_birthdate" not in claims


def test_a_presumed_date_is_completed_and_shown_with_its_own_scope(another: Callable[[str], Service]) -> None:
    service = another("c")
    token = service.tokens(login="fatoumata.sow", scope="openid identite_pivot idp_birthdate")["access_token"]

    _, claims = read(service.userinfo(token).text, service.simulator, "RS256")

    assert (claims["birthdate"], claims["idp_birthdate"], claims["birthplace"]) == ("1988-01-01", "1988-00-00", "")


def test_the_subject_is_the_persons_at_one_sector_whatever_the_identity_provider(
    service: Service, another: Callable[[str], Service]
) -> None:
    people = service.simulator.people.identities

    subs = {login: people[login].sub("127.0.0.1") for login in ("celine.kowalski", "celine.dubois")}

    assert re.fullmatch(r"[0-9a-f]{64}v1", subs["celine.kowalski"])
    assert subs["celine.kowalski"] == subs["celine.dubois"] != people["celine.dubois"].sub("autre.example")
    assert people["valery.durant"].sub("x") != people["corrected_valery.durant"].sub("x")


def test_a_code_lives_30_seconds(service: Service) -> None:
    code = service.code()
    service.simulator.clock.offset = 31

    assert refusal(service.redeem(code)) == (400, "invalid_grant", "Y043F0A8")


def test_a_second_use_of_a_code_ends_the_first_access_token(service: Service) -> None:
    code = service.code()
    token = service.redeem(code).get_json()["access_token"]

    assert refusal(service.redeem(code)) == (400, "invalid_grant", "Y0416228")
    assert service.userinfo(token).status_code == 401


def test_a_code_is_bound_to_client_and_callback(service: Service, another: Callable[[str], Service]) -> None:
    assert refusal(another("c").redeem(service.code()))[1:] == ("invalid_grant", "Y049E20B")
    assert refusal(service.redeem(service.code(), redirect_uri=CALLBACK + "/"))[1:] == ("invalid_grant", "Y04F8199")


def test_a_missing_code_a_wrong_secret_a_verifier_are_refused(service: Service) -> None:
    assert refusal(service.redeem("")) == (400, "invalid_request", "Y048017B")
    assert refusal(service.redeem(service.code(), client_secret="x")) == (401, "invalid_client", "Y0434A7B")
    assert refusal(service.redeem(service.code(), code_verifier="v" * 43))[:2] == (400, "invalid_request")


def test_basic_authentication_is_refused(service: Service) -> None:
    answer = service.browser.post("/api/v2/token", data={"code": service.code()}, auth=(ID, "b" * 64))

    assert refusal(answer)[:2] == (401, "invalid_client")


def test_private_key_jwt_is_taken(service: Service) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k"})
    known = service.simulator.config.clients[ID]
    service.simulator.config.clients[ID] = Client(
        ID, "", known.name, known.redirect_uris, scopes=known.scopes, alg="ES256", sector=known.sector,
        jwks={"keys": [key.as_dict(private=False)]},
    )  # fmt: skip
    claims: dict[str, Any] = {"iss": ID, "sub": ID, "aud": f"{ISSUER}/token", "jti": "1"}
    claims["exp"] = service.simulator.seconds_now() + 60
    assertion = jwt.encode({"alg": "ES256", "kid": "k"}, claims, key)
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    answer = service.redeem(
        service.code(), client_id="", client_secret="", client_assertion=assertion, client_assertion_type=kind
    )

    assert answer.status_code == 200


def test_the_default_algorithm_is_the_symmetric_one(another: Callable[[str], Service]) -> None:
    header = another("e").tokens(scope="openid")["id_token"].partition(".")[0]

    assert header == "eyJhbGciOiJIUzI1NiJ9"


def test_an_access_token_lives_a_minute_and_serves_by_get_alone(service: Service) -> None:
    token = service.tokens()["access_token"]
    by_post = service.browser.post("/api/v2/userinfo", headers={"Authorization": f"Bearer {token}"})
    service.simulator.clock.offset = 61

    assert by_post.status_code == 405
    assert service.userinfo(token).status_code == 401


def test_revocation_ends_the_access_token(service: Service) -> None:
    token = service.tokens()["access_token"]

    service.browser.post("/api/v2/token/revocation", data={"token": token, "client_id": ID, "client_secret": "b" * 64})

    assert service.userinfo(token).status_code == 401
