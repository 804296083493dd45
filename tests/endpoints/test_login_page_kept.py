"""The login page that is drawn once for all whom a service sends: each browser gets its own, and no old one."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, template_rendered
from sqlalchemy import update
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from idp.db import db
from idp.relying_parties.models import Client
from idp.web import security
from tests.endpoints.conftest import RelyingParty, hidden

Opens = Callable[..., TestResponse]


@pytest.fixture
def opens(app: Flask, portal: RelyingParty) -> Opens:
    """Somebody new, sent by a service, in front of the login page."""

    def open_(client_id: str = "portail", language: str = "fr", **changes: str) -> TestResponse:
        visitor = RelyingParty(app, client_id)
        location = visitor.authorize(**changes).location
        return visitor.browser.get(location, headers={"Accept-Language": language})

    return open_


@pytest.fixture
def rename(app: Flask) -> Callable[[str, str], None]:
    """Give a service another name; as a second later, when what is known of clients is read again."""

    def give(client_id: str, name: str) -> None:
        with app.app_context():
            db.session.execute(update(Client).where(Client.client_id == client_id).values(client_name=name))
            db.session.commit()
        app.extensions["idp"].provider.clients.forget()

    return give


@pytest.fixture
def drawn(app: Flask) -> Iterator[list[str]]:
    """Templates that are drawn meanwhile."""
    names: list[str] = []

    def note(_sender: Flask, template: object, **_values: object) -> None:
        names.append(str(getattr(template, "name", "")))

    with template_rendered.connected_to(note, app):
        yield names


def test_the_second_browser_gets_the_same_page_with_its_own_flow_and_token(opens: Opens, drawn: list[str]):
    first, second = opens(), opens()

    tokens = [hidden(page.text, "csrf_token") for page in (first, second)]
    flows = [page.request.path.rpartition("/")[2] for page in (first, second)]
    assert drawn == ["login/login.html"]
    assert second.text == first.text.replace(tokens[0], tokens[1]).replace(flows[0], flows[1])
    assert len({*tokens, *flows}) == 4
    assert {**second.headers} == {**first.headers}
    assert "form-action 'self' https://portail.example.fr;" in second.headers["Content-Security-Policy"]


def test_the_form_of_a_kept_page_logs_in(app: Flask, opens: Opens):
    opens()
    visitor = RelyingParty(app)

    answer = visitor.logs_in_at(visitor.authorize().location)

    assert "code=" in answer.location


def test_each_browser_gets_its_language(opens: Opens):
    languages = [opens(language=wanted).text[:40] for wanted in ("fr", "en", "fr", "en-GB,en;q=0.9")]

    assert ['lang="fr"' in page for page in languages] == [True, False, True, False]


def test_a_page_names_the_service_of_its_own_request(
    opens: Opens, register: Callable[..., RelyingParty], rename: Callable[[str, str], None]
):
    register("cantine")
    rename("cantine", "Cantine")

    pages = [opens().text, opens("cantine").text, opens().text, opens("cantine").text]

    assert ["<strong>Cantine</strong>" in page for page in pages] == [False, True, False, True]


def test_a_service_that_is_renamed_is_named_anew(opens: Opens, rename: Callable[[str, str], None]):
    opens()
    rename("portail", "Nouveau nom")

    assert "<strong>Nouveau nom</strong>" in opens().text


def test_what_a_page_tells_one_parent_is_told_to_no_other(app: Flask, opens: Opens):
    hinted = opens(login_hint="v.durant1")
    visitor = RelyingParty(app)
    location = visitor.authorize().location
    form = {"csrf_token": hidden(visitor.browser.get(location).text, "csrf_token")}
    visitor.browser.post(location, data=form | {"identifiant": "z.nobody1", "mot_de_passe": "notthisone1"})

    assert 'value="v.durant1"' in hinted.text
    assert not {"v.durant1", "z.nobody1", "incorrect"} & set(opens().text.replace('"', " ").split())
    assert "Sans téléphone portable" in visitor.browser.get(location + "?sans_mobile=1").text
    assert "Sans téléphone portable" not in visitor.browser.get(location).text


def test_another_browser_does_not_get_the_page_of_a_flow(app: Flask, opens: Opens):
    page = opens()

    stranger = RelyingParty(app).browser.get(page.request.path)

    assert stranger.status_code == 303


def test_a_service_that_writes_a_token_of_its_own_into_its_links_learns_no_other(
    app: Flask, opens: Opens, register: Callable[..., RelyingParty]
):
    """ATTACKS 73: whoever chooses a browser's cookie knows its token."""
    cookie = "A" * 43
    token = security.form_token(cookie)
    party = register("curieux", policy_uri=f"https://curieux.example.fr/?t={token}")
    party.browser.set_cookie("idp_browser", cookie)
    drawn = party.browser.get(party.authorize().location)

    page = opens("curieux")

    assert f"https://curieux.example.fr/?t={token}" in drawn.text
    assert page.text.count(token) == 1
    assert hidden(page.text, "csrf_token") != token


@pytest.mark.parametrize("crafted", ['idp_lang="en"', "idp_lang =en", 'idp_lang="\\145n"'])
def test_an_odd_cookie_changes_nobody_elses_language(app: Flask, opens: Opens, crafted: str):
    odd = RelyingParty(app)
    odd.browser.set_cookie("idp_browser", "A" * 43)
    location = odd.authorize().location
    headers = {"Accept-Language": "fr", "Cookie": f"idp_browser={'A' * 43}; {crafted}"}
    Browser(app, TestResponse, use_cookies=False).get(location, headers=headers)

    assert 'lang="fr"' in opens().text[:40]


def test_a_database_that_fails_is_told_on_a_page(app: Flask, opens: Opens, monkeypatch: pytest.MonkeyPatch):
    def broken(*_arguments: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    visitor = RelyingParty(app)
    location = visitor.authorize().location
    monkeypatch.setattr(type(app.extensions["idp"].hot), "read", broken)

    answer = visitor.browser.get(location)

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
