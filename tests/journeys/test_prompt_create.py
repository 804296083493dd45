"""`prompt=create` (Initiating User Registration 1.0): a service sends a parent who has no account."""

import html
import re

from tests.endpoints.conftest import answer_of, protocol, register, settings  # noqa: F401


def test_a_parent_sent_by_a_service_registers_and_comes_back_to_it_logged_in(parent, register):
    party = register("cantine")
    parent.browser = party.browser
    location = party.authorize(prompt="create").location

    parent.opens(location).gives()
    parent.enters_code(parent.last_code()).enters_dates().chooses()
    on = html.unescape(re.search(r'id="continuer-vers-le-service" href="([^"]+)"', parent.page.text)[1])
    answer = answer_of(parent.browser.get(on))

    assert location.startswith("/inscription/")
    assert answer["state"] == "état-~._"
    tokens = party.redeem(answer["code"]).json
    assert party.userinfo(tokens["access_token"]).json["name"] == "Valéry DURANT"
