"""The answer by form, in a real browser under its own policy."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.endpoints.conftest import REDIRECT_URI, portal, protocol, register, settings  # noqa: F401

pytestmark = pytest.mark.slow


def open_answer(browser: Browser, party, *, script: bool) -> tuple[Page, list[str]]:
    """Show the form page; what the service's address gets is in the list."""
    answer = party.authorize(response_mode="form_post")
    posted: list[str] = []

    def reply(route: Route) -> None:
        request = route.request
        if request.url == REDIRECT_URI:
            posted.append(request.post_data or "")
            route.fulfill(status=200, content_type="text/plain", body="merci")
        elif request.is_navigation_request():
            route.fulfill(status=200, headers=dict(answer.headers), body=answer.data)
        else:
            path = "/" + request.url.split("/", 3)[3]
            given = party.browser.get(path)
            route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.data)

    window = browser.new_context(java_script_enabled=script).new_page()
    window.route("**/*", reply)
    window.goto("http://127.0.0.1:8000/authorize")
    return window, posted


@pytest.mark.parametrize("script", [True, False], ids=["by-itself", "by-its-button"])
def test_the_service_gets_the_answer(browser, portal, script):
    """A trap of Authlib: a form_post whose values are encoded twice, with an inline script."""
    portal.log_in()
    window, posted = open_answer(browser, portal, script=script)

    if not script:
        window.click("#continuer")
    window.wait_for_url(REDIRECT_URI)

    fields = parse_qs(posted[0])
    assert fields["state"] == ["état-~._"]
    assert fields["code"]
    assert len(posted) == 1
