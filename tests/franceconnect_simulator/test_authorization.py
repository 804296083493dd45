"""The authorization request: closed lists, in the platform's order, and who gets told."""

from collections.abc import Callable

import pytest

from tests.franceconnect_simulator.conftest import Service, answer_of, page_code


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_eight_parameters_lead_to_the_list_of_identity_providers(service: Service, method: str) -> None:
    page = service.authorize(method)

    assert page.status_code == 303
    choices = service.browser.get(page.location).text
    assert "demo-impots" in choices
    assert "demo-poste" in choices
    assert "Les parents" in choices


@pytest.mark.parametrize("name", ["code_challenge", "login_hint", "max_age", "response_mode", "display"])
def test_any_other_parameter_strands_the_person(service: Service, name: str) -> None:
    assert page_code(service.authorize(**{name: "1"})) == "Y030007"


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "acr_values"]
)
def test_a_missing_parameter_strands_the_person(service: Service, name: str) -> None:
    assert page_code(service.authorize(**{name: ""})) == "Y030007"


def test_a_doubled_parameter_strands_the_person(service: Service) -> None:
    assert page_code(service.authorize(extra="&state=autre")) == "Y030007"


def test_a_nonce_of_21_characters_is_too_short(service: Service) -> None:
    assert page_code(service.authorize(nonce="n" * 21)) == "Y030007"
    assert service.authorize(nonce="n" * 22).status_code == 303


@pytest.mark.parametrize("prompt", ["none", "select_account", "login none"])
def test_prompts_that_the_platform_refuses(service: Service, prompt: str) -> None:
    assert page_code(service.authorize(prompt=prompt)) == "Y030007"
    assert page_code(service.authorize(extra="&prompt=")) == "Y030007"


def test_the_list_is_checked_before_the_client_and_the_client_before_the_callback(service: Service) -> None:
    wrong = {"client_id": "0" * 64, "redirect_uri": "https://ailleurs.example/"}

    assert page_code(service.authorize(display="page", **wrong)) == "Y030007"
    assert page_code(service.authorize(**wrong)) == "Y04EA6EF"
    assert page_code(service.authorize(redirect_uri="https://ailleurs.example/")) == "Y04C013C"


def test_a_disabled_client_is_unknown(another: Callable[[str], Service]) -> None:
    assert page_code(another("d").authorize(scope="openid")) == "Y04EA6EF"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "given_name"}, "invalid_scope"),
        ({"scope": "openid idp_birthdate"}, "invalid_scope"),
        ({"acr_values": "eidas2"}, "invalid_acr"),
        ({"acr_values": "eidas2 eidas3"}, "invalid_acr"),
        ({"idp_hint": "inconnu"}, "invalid_idp_hint"),
    ],
)
def test_errors_told_to_the_service(service: Service, changes: dict[str, str], error: str) -> None:
    answer = answer_of(service.authorize(**changes))

    assert answer["error"] == error
    assert answer["state"] == "s" * 43
    assert answer["iss"] == "http://127.0.0.1:8003/api/v2"
    assert answer["error_description"]


def test_an_unknown_level_is_ignored_beside_a_known_one_and_a_page_alone(service: Service) -> None:
    assert service.authorize(acr_values="or eidas1").status_code == 303
    assert page_code(service.authorize(acr_values="or")) == "Y100001"


def test_amr_is_for_those_who_may_claim_it(service: Service, another: Callable[[str], Service]) -> None:
    claims = '{"id_token":{"amr":{"essential":true}}}'

    assert page_code(service.authorize(claims=claims)) == "Y100009"
    assert another("c").authorize(scope="openid", claims=claims).status_code == 303


def test_giving_up_tells_access_denied(service: Service) -> None:
    page = service.authorize()

    answer = answer_of(service.browser.post(page.location + "/revenir"))

    assert (answer["error"], answer["error_description"]) == ("access_denied", "User auth aborted")


@pytest.mark.parametrize(
    ("login", "code"), [("identite.inconnue", "Y010008"), ("personne.decedee", "Y010015"), ("sans.mail", "Y600006")]
)
def test_a_refused_identity_has_its_page_and_a_way_back_with_server_error(
    service: Service, login: str, code: str
) -> None:
    begun = service.authorize()

    page = service.signs_in(begun, login)

    assert page_code(page) == code
    assert answer_of(service.browser.post(begun.location + "/revenir", data={"erreur": "1"}))["error"] == "server_error"


@pytest.mark.parametrize("login", ["celine.dubois", "personne"])
def test_a_person_signs_in_at_their_own_identity_provider_alone(service: Service, login: str) -> None:
    assert service.signs_in(service.authorize(), login).status_code == 422


def test_the_information_page_names_the_service_and_what_it_gets(service: Service) -> None:
    page = service.signs_in(service.authorize(scope="openid family_name"))

    words = service.browser.get(page.location).text

    assert "Les parents" in words
    assert "Valéry DURANT" in words
    assert "Nom de naissance" in words
    assert "Date de naissance" not in words


def test_the_next_press_recognises_the_same_person_for_30_minutes(service: Service) -> None:
    service.code()

    service.simulator.clock.offset = 29 * 60
    again = service.authorize(prompt="login consent")
    service.simulator.clock.offset = 60 * 60
    later = service.authorize()

    assert again.location.endswith("/informations")
    assert not later.location.endswith("/informations")


def test_a_request_ends_after_30_minutes(service: Service) -> None:
    page = service.authorize()

    service.simulator.clock.offset = 31 * 60

    assert page_code(service.browser.get(page.location)) == "Y190001"


def test_idp_hint_opens_that_providers_page(service: Service) -> None:
    page = service.authorize(idp_hint="demo-poste")

    assert "La Poste" in service.browser.get(page.location).text
