"""`oidc-client-ts` in Chromium: an application in the browser alone, from an origin that is not the provider's."""

import json
from collections.abc import Iterator

import pytest

from tests.peer import Peer, listening
from tests.real_clients.conftest import EXAMPLES, NPM, PASSWORD

pytestmark = pytest.mark.slow
LIBRARY = NPM / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"


@pytest.fixture
def application(provider) -> Iterator[Peer]:
    with listening() as peer:
        page = (EXAMPLES / "browser" / "index.html").read_text()
        for path in ("/", "/retour"):
            peer.answer(path, page, Content_Type="text/html; charset=utf-8")
        peer.answer("/oidc-client-ts.js", LIBRARY.read_bytes(), Content_Type="text/javascript")
        peer.answer(
            "/application.js", (EXAMPLES / "browser" / "application.js").read_text(), Content_Type="text/javascript"
        )
        provider.register(
            "page",
            peer.url + "/retour",
            token_endpoint_auth_method="none",
            post_logout_redirect_uris=[peer.url + "/"],
        )
        yield peer


def test_it_logs_in_reads_refreshes_and_logs_out(application, provider, browser):
    context = browser.new_context()
    cookies = {"authority": provider.url, "client_id": "page"}
    context.add_cookies([{"name": name, "value": value, "url": application.url} for name, value in cookies.items()])
    window = context.new_page()
    shown = lambda: json.loads(window.text_content("#shown") or "null")  # noqa: E731

    window.goto(application.url + "/")
    window.click("#login")
    window.fill("#identifiant", "c.martin1")
    window.fill("#mot-de-passe", PASSWORD)
    window.click("#se-connecter")
    window.wait_for_url(application.url + "/retour*")
    window.wait_for_function("document.getElementById('shown').textContent")
    profile = shown()
    window.click("#refresh")
    window.wait_for_function("document.getElementById('shown').textContent.includes('refreshed')")
    refreshed = shown()
    window.click("#logout")
    window.wait_for_url(application.url + "/*")
    window.wait_for_function("document.getElementById('shown').textContent === '{\"user\":null}'")

    assert profile["name"] == "Claire MARTIN"
    assert profile["email"] == "claire@example.org"
    assert refreshed["refreshed"] == "Claire MARTIN"
    window.click("#login")
    assert window.wait_for_selector("#login-form")
