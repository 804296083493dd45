"""The cookies of the pages: nobody else's page reads, plants or widens them."""

from pathlib import Path

import msgspec
import pytest
from flask import Flask

from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.settings import Server, Settings
from tests.journeys.conftest import family, parent  # noqa: F401

ISSUER = "https://connexion.example.fr"


@pytest.fixture
def secure(settings: Settings, tmp_path: Path) -> Flask:
    """The provider as parents reach it: by https."""
    app = create_app(msgspec.structs.replace(settings, server=Server(issuer=ISSUER)))
    upgrade(app)
    return app


def cookies_of(app: Flask, **headers: str) -> list[str]:
    return app.test_client().get("/connexion", base_url=ISSUER, headers=headers).headers.getlist("Set-Cookie")


def test_by_https_a_cookie_is_bound_to_this_very_host(secure: Flask) -> None:
    """ATTACKS 72: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain."""
    (cookie,) = cookies_of(secure)

    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-idp_browser=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert "Domain" not in cookie


@pytest.mark.parametrize("planted", ["idp_browser=" + "a" * 43, "__host-idp_browser=" + "a" * 43])
def test_a_cookie_that_a_neighbour_planted_is_not_read(secure: Flask, planted: str) -> None:
    """ATTACKS 72: a sibling of the domain can set any name but one with the prefix."""
    (cookie,) = cookies_of(secure, Cookie=planted)

    assert cookie.startswith("__Host-idp_browser=")
    assert "a" * 43 not in cookie


def test_no_cookie_is_read_by_a_script(parent) -> None:
    parent.until_end()

    sent = parent.browser.get("/connexion").headers.getlist("Set-Cookie")
    session = parent.browser.get_cookie("idp_session")

    assert session is not None
    assert session.http_only
    assert all("HttpOnly" in cookie for cookie in sent)
