"""The administrator's «Services»: the tiles of portals."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.relying_parties import administration
from idp.services import service
from tests.consoles.conftest import Colleague

START = "https://lsu.example.fr/initiate"
TARGET = "https://lsu.example.fr/"
FORM: dict[str, Any] = {
    "service_id": "lsu",
    "title": "Livret scolaire",
    "description": "Les bilans de votre enfant",
    "picture": "book",
    "client_id": "lsu",
    "target_link_uri": TARGET,
    "names_child": "1",
    "degrees": ["1"],
    "academies": ["Lille", "Amiens"],
    "on": "1",
}
NEW = "/gestion/services/nouveau"
ONE = "/gestion/services/lsu"


@pytest.fixture
def admin(administrator: Colleague, app: Flask) -> Colleague:
    with app.app_context():
        members = {"redirect_uris": ["https://lsu.example.fr/retour"], "initiate_login_uri": START}
        administration.put("lsu", {"client_name": "LSU", **members}, by="test", demo=False)
        silent = {"client_name": "Muette", "redirect_uris": ["https://muette.example.fr/retour"]}
        administration.put("muette", silent, by="test", demo=False)
        db.session.commit()
    return administrator.logs_in()


@pytest.fixture
def lsu(admin: Colleague) -> Colleague:
    """On the page of a service that was just added."""
    return admin.opens(NEW).sends(NEW, FORM)


def tiles(app: Flask) -> list[dict[str, Any]]:
    """What portals get."""
    answer = app.test_client().get("/services").json
    assert answer is not None
    found: list[dict[str, Any]] = answer["services"]
    return found


def test_a_service_is_added_and_shown_as_its_tile(lsu: Colleague, app: Flask) -> None:
    assert lsu.path == ONE
    assert lsu.sees("Le service est enregistré.")
    assert 'class="tile"' in lsu.text
    assert "/static/services/book.svg" in lsu.text
    (tile,) = tiles(app)
    assert tile["initiate_login_uri"] == START
    assert tile["names_child"] is True
    assert tile["schools"] == {"degrees": ["1"], "uai_prefixes": ["059", "062", "002", "060", "080"]}


def test_only_applications_that_start_a_login_are_offered(admin: Colleague) -> None:
    page = admin.opens(NEW).text

    assert 'value="lsu"' in page
    assert 'value="muette"' not in page


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_is_kept(admin: Colleague, app: Flask) -> None:
    wrong = {**FORM, "title": "", "target_link_uri": "http://x", "uais": "0599901S\n0000000A"}

    admin.opens(NEW).sends(NEW, wrong)

    assert admin.status == 422
    for field in ("title", "target_link_uri", "uais"):
        assert f'href="#{field}"' in admin.text
    assert "Les bilans de votre enfant" in admin.text
    assert "0000000A" in admin.text
    assert tiles(app) == []


@pytest.mark.parametrize("changes", [{"client_id": ""}, {"client_id": "muette"}, {"picture": "logo"}, {"degrees": "3"}])
def test_a_choice_that_the_form_does_not_offer_is_refused(admin: Colleague, app: Flask, changes: Any) -> None:
    assert admin.opens(NEW).sends(NEW, {**FORM, **changes}).status == 422
    assert tiles(app) == []


def test_an_identifier_is_taken_once(lsu: Colleague) -> None:
    lsu.opens(NEW).sends(NEW, FORM)

    assert lsu.status == 422
    assert lsu.sees("Cet identifiant est déjà pris.")


def test_a_change_is_saved_and_hiding_takes_the_tile_away(lsu: Colleague, app: Flask) -> None:
    lsu.sends(ONE, {**FORM, "title": "Bulletin"})
    assert tiles(app)[0]["title"] == "Bulletin"

    lsu.sends(ONE, {name: value for name, value in FORM.items() if name != "on"})
    assert tiles(app) == []
    assert lsu.sees("Masqué")


def test_the_order_of_the_list_is_that_of_the_tiles(lsu: Colleague, app: Flask) -> None:
    link = {"service_id": "menus", "title": "Menus", "picture": "fork", "link": "https://menus.example.fr/", "on": "1"}
    lsu.opens(NEW).sends(NEW, link)
    assert [tile["id"] for tile in tiles(app)] == ["lsu", "menus"]

    lsu.sends("/gestion/services/menus/monter")

    assert [tile["id"] for tile in tiles(app)] == ["menus", "lsu"]
    assert lsu.text.index("Menus") < lsu.text.index("Livret scolaire")


def test_a_change_keeps_the_place(lsu: Colleague, app: Flask) -> None:
    with app.app_context():
        before = service.get_service("lsu").position

    lsu.sends(ONE, {**FORM, "title": "Bulletin"})

    with app.app_context():
        assert service.get_service("lsu").position == before


def test_a_service_whose_application_is_off_says_so(lsu: Colleague, app: Flask) -> None:
    with app.app_context():
        administration.disable("lsu", by="test")
        db.session.commit()

    assert lsu.opens(ONE).sees("Les portails ne montrent pas ce service.")
    assert lsu.opens("/gestion/services").sees("Application injoignable")


def test_a_removed_service_is_gone_after_a_page_that_says_so(lsu: Colleague, app: Flask) -> None:
    assert lsu.opens(f"{ONE}/retirer").sees("Les portails ne montrent plus cette tuile.")
    assert len(tiles(app)) == 1

    lsu.sends(f"{ONE}/retirer")

    assert lsu.sees("Le service est retiré.")
    assert tiles(app) == []
    assert lsu.opens(ONE).status == 404


def test_each_act_names_its_colleague_in_the_audit(lsu: Colleague, app: Flask) -> None:
    lsu.sends(ONE, {**FORM, "title": "Bulletin"})
    lsu.sends(f"{ONE}/descendre")
    lsu.sends(f"{ONE}/retirer")

    with app.app_context():
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event.like("service.%")).order_by(AuditEntry.id))
        told = [(line.event, str(line.actor).partition(":")[0]) for line in lines]
    assert told == [(f"service.{act}", "staff") for act in ("added", "changed", "moved", "removed")]


def test_the_list_is_exported(lsu: Colleague) -> None:
    lsu.opens("/gestion/services?export=csv")

    rows = list(csv.reader(io.StringIO(lsu.text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[1] == ["1", "Livret scolaire", "lsu", "lsu", "écoles; académie de Lille; académie de Amiens", "Montré"]


def test_titles_are_shown_as_text(admin: Colleague) -> None:
    admin.opens(NEW).sends(NEW, {**FORM, "title": "<script>alert(1)</script>"})

    assert admin.page is not None
    assert "<script>alert(1)" not in admin.page.text
    assert "<script>alert(1)" not in admin.browser.get("/gestion/services").text
