"""`leaving.js` and `check_session.js` in a real browser, with the provider's own headers."""

import json
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from tests.endpoints.conftest import LOGOUT_URI, portal, protocol, register, settings  # noqa: F401

pytestmark = pytest.mark.slow

PROVIDER = "http://127.0.0.1:8000"
SERVICE = "http://127.0.0.1:8001"
BYE = "https://portail.example.fr/bye"
WATCHER = """<!doctype html><title>Service</title><iframe id="op" src="http://127.0.0.1:8000/check_session"></iframe>
<script>
  window.answers = [];
  window.addEventListener("message", (event) => answers.push([event.origin, event.data]));
  window.ask = (text) => document.getElementById("op").contentWindow.postMessage(text, "http://127.0.0.1:8000");
</script>"""


def show(browser: Browser, party, pages: dict[str, str], *, script: bool = True) -> tuple[BrowserContext, Counter[str]]:
    """A browser in which our application answers for the provider, and `pages` for services; what was asked of them."""
    context = browser.new_context(java_script_enabled=script)
    asked: Counter[str] = Counter()

    def reply(route: Route) -> None:
        request = route.request
        address = request.url.partition("?")[0]
        if request.url.startswith(PROVIDER + "/"):
            given = party.browser.get(request.url.removeprefix(PROVIDER))
            route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.data)
        else:
            asked[address] += 1
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=pages.get(address, "merci"))

    context.route("**/*", reply)
    return context, asked


@pytest.mark.parametrize("script", [True, False], ids=["by-script", "by-itself"])
def test_each_service_hears_of_the_logout_once_and_the_parent_goes_back(browser, register, script):
    """Conformance: oidcc-frontchannel-rp-initiated-logout counts the calls."""
    party = register("portail", frontchannel_logout_uri=BYE)
    party.log_in()
    hint = party.redeem(party.code()).json["id_token"]
    context, asked = show(browser, party, {}, script=script)
    window = context.new_page()

    window.goto(f"{PROVIDER}/end_session?" + urlencode({"id_token_hint": hint, "post_logout_redirect_uri": LOGOUT_URI}))
    window.wait_for_url(LOGOUT_URI)

    assert asked == {BYE: 1, LOGOUT_URI: 1}


def test_the_frame_tells_a_service_whether_the_session_is_still_the_one_it_knows(browser, register):
    """Conformance: oidcc-session-management-rp-initiated-logout."""
    party = register("ecran", redirect_uris=[SERVICE + "/retour"], demo=True)
    party.log_in()
    location = party.authorize(redirect_uri=SERVICE + "/retour").location
    known = parse_qs(urlsplit(location).query)["session_state"][0]
    context, _ = show(browser, party, {SERVICE + "/": WATCHER})
    state = party.browser.get_cookie("idp_state").value
    context.add_cookies([{"name": "idp_state", "value": state, "url": PROVIDER}])
    window = context.new_page()
    window.goto(SERVICE + "/")

    def answer_to(text: str) -> str:
        window.evaluate("answers.length = 0")
        window.evaluate(f"ask({json.dumps(text)})")
        window.wait_for_function("answers.length > 0")
        origin, said = window.evaluate("answers[0]")
        assert origin == PROVIDER
        return str(said)

    before = [
        answer_to(text) for text in (f"ecran {known}", f"autre {known}", "ecran", "ecran nothing", f"ecran {known}x")
    ]
    context.clear_cookies()
    after = answer_to(f"ecran {known}")

    assert before == ["unchanged", "changed", "error", "error", "changed"]
    assert after == "changed"
