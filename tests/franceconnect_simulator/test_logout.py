"""Logout: a closed list, and never a way back without a session."""

from collections.abc import Callable

import pytest

from tests.franceconnect_simulator.conftest import AFTER_LOGOUT, Service, page_code


def test_logout_destroys_the_session_and_goes_back_with_the_state(service: Service) -> None:
    hint = service.tokens()["id_token"]
    request = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "é&="}

    page = service.logs_out(**request)
    after = service.browser.post("/api/v2/session/end/confirm", data=request)

    assert page.status_code == 200
    assert 'id="continuer"' in page.text
    assert after.location == AFTER_LOGOUT + "?state=%C3%A9%26%3D"
    assert not service.authorize().location.endswith("/informations")


def test_an_ended_hint_is_taken(service: Service) -> None:
    hint = service.tokens()["id_token"]
    service.simulator.clock.offset = 20 * 60

    assert service.logs_out(id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT).status_code == 200


def test_without_a_live_session_nobody_comes_back(service: Service) -> None:
    hint = service.tokens()["id_token"]
    service.simulator.memory.sessions.clear()

    assert page_code(service.logs_out(id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT)) == "Y100019"


def test_a_missing_hint_a_strangers_one_or_another_address_is_refused(
    service: Service, another: Callable[[str], Service]
) -> None:
    hint = service.tokens()["id_token"]

    assert page_code(service.logs_out(post_logout_redirect_uri=AFTER_LOGOUT)) == "Y030007"
    assert page_code(service.logs_out(id_token_hint=hint[:-4] + "AAAA")) == "Y030007"
    assert page_code(service.logs_out(id_token_hint=hint, client_id="c" * 64)) == "Y030007"
    assert page_code(service.logs_out(id_token_hint=hint, post_logout_redirect_uri=AFTER_LOGOUT + "/")) == "Y0400400"


@pytest.mark.parametrize("extra", ["&prompt=none", "&state=1&state=2"])
def test_the_list_is_closed(service: Service, extra: str) -> None:
    assert page_code(service.logs_out(extra, id_token_hint=service.tokens()["id_token"])) == "Y030007"


def test_logout_is_asked_for_by_get(service: Service) -> None:
    assert service.browser.post("/api/v2/session/end").status_code == 405
