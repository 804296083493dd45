"""Keys and discovery: what is published, what rotates, what is never shown."""

from pathlib import Path

from demo.franceconnect.keys import Keys
from tests.franceconnect_simulator.conftest import ISSUER, Service

MEMBERS = """acr_values_supported authorization_endpoint authorization_response_iss_parameter_supported
claim_types_supported claims_parameter_supported claims_supported code_challenge_methods_supported end_session_endpoint
grant_types_supported id_token_signing_alg_values_supported issuer jwks_uri request_object_signing_alg_values_supported
request_parameter_supported request_uri_parameter_supported response_modes_supported response_types_supported
revocation_endpoint scopes_supported subject_types_supported token_endpoint token_endpoint_auth_methods_supported
token_endpoint_auth_signing_alg_values_supported userinfo_endpoint userinfo_signing_alg_values_supported"""


def test_discovery_has_exactly_the_platforms_members(service: Service) -> None:
    answer = service.browser.get("/api/v2/.well-known/openid-configuration")
    document = answer.get_json()

    assert set(document) == set(MEMBERS.split())
    assert document["issuer"] == ISSUER
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["token_endpoint_auth_methods_supported"] == ["client_secret_post", "private_key_jwt"]
    assert answer.headers["Cache-Control"] == "public, max-age=600"


def test_the_key_set_never_holds_private_members(service: Service) -> None:
    keys = service.browser.get("/api/v2/jwks").get_json()["keys"]

    assert [key["alg"] for key in keys] == ["ES256", "RS256"]
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {member for key in keys for member in key}


def test_keys_rotate_beside_the_old_ones_and_retire(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    before = keys.ring()

    keys.rotate()
    rotated = keys.ring()
    keys.retire()

    assert rotated.signing["ES256"].kid != before.signing["ES256"].kid
    assert before.signing["ES256"].kid in {key.kid for key in rotated.published}
    assert {key.kid for key in keys.ring().published} == {key.kid for key in rotated.signing.values()}


def test_a_hard_rotation_swaps_at_once(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    before = {key.kid for key in keys.ring().published}

    keys.rotate(hard=True)

    assert not before & {key.kid for key in keys.ring().published}


def test_keys_last_over_a_restart_and_are_the_owners_alone(tmp_path: Path) -> None:
    kids = [key.kid for key in Keys(tmp_path).ring().published]

    assert [key.kid for key in Keys(tmp_path).ring().published] == kids
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
