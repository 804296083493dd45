"""A deployer's folder: templates of their own, a stylesheet after ours."""

from pathlib import Path

import msgspec
import pytest
from flask import Flask

from idp.app import create_app
from idp.errors import ConfigurationError
from idp.settings import Settings, Site


def themed(settings: Settings, folder: Path) -> Settings:
    return msgspec.structs.replace(settings, site=Site(theme=str(folder)))


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    folder = tmp_path / "theme"
    (folder / "templates" / "login").mkdir(parents=True)
    (folder / "theme.css").write_text(":root { --brand: #123456; }")
    (folder / "secret.toml").write_text("password")
    return folder


@pytest.fixture
def themed_app(app: Flask, settings: Settings, theme: Path) -> Flask:
    return create_app(themed(settings, theme))


def test_the_theme_comes_after_the_stylesheet(themed_app: Flask) -> None:
    browser = themed_app.test_client()

    page = browser.get("/connexion", follow_redirects=True).text

    assert page.index("/static/idp.css") < page.index("/theme/theme.css")
    assert "#123456" in browser.get("/theme/theme.css").text


def test_a_template_of_the_theme_replaces_ours(themed_app: Flask, theme: Path) -> None:
    (theme / "templates" / "login" / "login.html").write_text(
        '{% extends "layout.html" %}{% block content %}<h1>Chez nous</h1>{% endblock %}'
    )

    page = themed_app.test_client().get("/connexion", follow_redirects=True).text

    assert "<h1>Chez nous</h1>" in page
    assert "skip-link" in page


@pytest.mark.parametrize("name", ["secret.toml", "templates", "..%2Fkeys", "missing.css"])
def test_only_pictures_and_styles_of_the_theme_are_served(themed_app: Flask, name: str) -> None:
    assert themed_app.test_client().get(f"/theme/{name}").status_code == 404


def test_without_a_theme_no_page_asks_for_one(app: Flask) -> None:
    assert "/theme/" not in app.test_client().get("/connexion", follow_redirects=True).text


def test_a_missing_folder_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"site\.theme: no such folder"):
        create_app(themed(settings, tmp_path / "nowhere"))
