"""A logout at the provider ends the portal's and the viewer's own sessions (ATTACKS 66, 67).

On a shared computer, who logs out of one service is logged out of all.
"""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from clients import clock
from tests.clients.conftest import KEY, Browser

EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


def logout_token(browser: Browser, header: dict[str, Any] | None = None, key: Any = KEY, **changes: Any) -> str:
    """A valid token of the provider with some claims changed; None leaves one out."""
    claims = {"iss": browser.provider.issuer, "aud": "client", "sub": "valery", "sid": "sid-1", "jti": "1"}
    claims |= {"iat": clock.now(), "exp": clock.now() + 120, "events": EVENTS, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": "RS256", "kid": "current", "typ": "logout+jwt", **(header or {})}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def tell(browser: Browser, token: str) -> TestResponse:
    return browser.client.application.test_client().post("/backchannel-logout", data={"logout_token": token})


def is_logged_in(browser: Browser) -> bool:
    return browser.open("/").status_code == 200


@pytest.fixture
def parent(lsu: Browser) -> Browser:
    """A parent in the viewer, who came by the provider's session «sid-1»."""
    lsu.provider.id_token = {"sid": "sid-1"}
    lsu.logs_in()
    assert is_logged_in(lsu)
    return lsu


def test_the_session_ends_with_the_one_at_the_provider(parent: Browser) -> None:
    answer = tell(parent, logout_token(parent))

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_logged_in(parent)


def test_another_session_of_the_same_parent_goes_on(parent: Browser) -> None:
    tell(parent, logout_token(parent, sid="sid-2"))

    assert is_logged_in(parent)


def test_without_a_session_all_of_the_parent_end(parent: Browser) -> None:
    tell(parent, logout_token(parent, sid=None))

    assert not is_logged_in(parent)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody-else"},
        {"exp": 1},
        {"iat": None},
        {"exp": None},
        {"jti": None},
        {"events": None},
        {"events": {}},
        {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"sub": 7},
        {"header": {"typ": "JWT"}},
        {"key": RSAKey.generate_key(2048, {"kid": "current"})},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_what_is_no_logout_token_of_the_provider_ends_nothing(parent: Browser, changes: dict[str, Any]) -> None:
    """ATTACKS 66: forged, expired, for somebody else, or another token of the provider."""
    answer = tell(parent, logout_token(parent, **changes))

    assert answer.status_code == 400
    assert is_logged_in(parent)


@pytest.mark.parametrize("token", ["", "x", "e30.e30.", "é", "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9.e30."])
def test_what_is_no_token_at_all_is_refused(parent: Browser, token: str) -> None:
    assert tell(parent, token).status_code == 400
    assert is_logged_in(parent)


def test_a_doubled_or_missing_token_is_refused(parent: Browser) -> None:
    client = parent.client.application.test_client()
    token = logout_token(parent)

    answers = [
        client.post("/backchannel-logout", data={"logout_token": [token, token]}),
        client.post("/backchannel-logout"),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert is_logged_in(parent)
