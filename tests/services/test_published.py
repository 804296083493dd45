"""The list of services that portals get (docs/services.md)."""

import io

from PIL import Image

from idp.relying_parties import administration, logo
from idp.services import service
from tests.services.conftest import START


def test_discovery_names_the_list(services):
    discovery = services.app.test_client().get("/.well-known/openid-configuration").json

    assert discovery["services_endpoint"] == discovery["issuer"] + "/services"


def test_a_service_tells_what_a_tile_needs_and_nothing_else(services):
    services.put(
        description="Les bilans de votre enfant",
        picture="book",
        target_link_uri="https://lsu.example.fr/",
        names_child=True,
    )

    (shown,) = services.shown()

    assert shown.pop("picture_uri").endswith("/static/services/book.svg")
    assert shown == {
        "id": "lsu",
        "title": "Livret scolaire",
        "description": "Les bilans de votre enfant",
        "client_id": "lsu",
        "initiate_login_uri": START,
        "target_link_uri": "https://lsu.example.fr/",
        "names_child": True,
    }


def test_the_picture_is_served(services):
    services.put()

    path = services.shown()[0]["picture_uri"].partition("://")[2].partition("/")[2]

    answer = services.app.test_client().get(f"/{path}")
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"


def test_an_english_title_is_told_beside_the_french_one(services):
    services.put(**{"title#en": "School report"})

    assert services.shown()[0]["title#en"] == "School report"


def test_a_plain_link_needs_no_client(services):
    services.link("cantine")

    assert services.shown()[0]["link"] == "https://cantine.example.fr/"
    assert "initiate_login_uri" not in services.shown()[0]


def test_schools_are_told_so_that_a_portal_needs_no_table_of_ours(services):
    services.put(degrees=[2], academies=["Lille"])
    services.link("pilote", uais=["0599901S"])

    assert [one["schools"] for one in services.shown()] == [
        {"degrees": ["2"], "uai_prefixes": ["059", "062"]},
        {"uais": ["0599901S"]},
    ]


def test_services_come_in_the_order_that_was_given(services):
    for name in ("a", "b", "c"):
        services.link(name)

    services.act(service.move, "c", -1)
    assert services.ids() == ["a", "c", "b"]
    services.act(service.move, "a", 5)
    assert services.ids() == ["c", "b", "a"]
    services.act(service.move, "c", -1)
    assert services.ids() == ["c", "b", "a"]


def test_a_service_that_is_off_is_not_told(services):
    services.put(on=False)

    assert services.ids() == []


def test_a_service_whose_client_is_off_or_gone_or_says_no_address_is_not_told(services):
    services.put()

    services.act(administration.disable, "lsu")
    assert services.ids() == []
    services.act(administration.enable, "lsu")
    assert services.ids() == ["lsu"]
    services.act(administration.update, "lsu", {"initiate_login_uri": None}, demo=False)
    assert services.ids() == []
    services.act(administration.update, "lsu", {"initiate_login_uri": START}, demo=False)
    services.act(administration.remove, "lsu")
    assert services.ids() == []


def test_the_address_is_the_clients_own_as_it_is_today(services):
    services.put()

    services.act(administration.update, "lsu", {"initiate_login_uri": f"{START}/v2"}, demo=False)

    assert services.shown()[0]["initiate_login_uri"] == f"{START}/v2"


def test_a_logo_is_the_one_that_we_drew(services):
    written = io.BytesIO()
    Image.new("RGB", (4, 4)).save(written, "PNG")
    services.act(lambda by: logo.keep("lsu", logo.draw(written.getvalue())))
    services.put(picture="logo")
    assert services.shown()[0]["picture_uri"].endswith("/logos/lsu.png")

    services.act(lambda by: logo.keep("lsu", None))

    assert services.shown()[0]["picture_uri"].endswith("/static/services/folder.svg")


def test_caches_keep_the_list_for_a_minute_and_ask_whether_it_changed(services):
    services.put()
    first = services.asked()

    again = services.asked(**{"If-None-Match": first.headers["ETag"]})
    services.put(title="Bulletin")
    changed = services.asked(**{"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in first.headers
    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200


def test_scripts_of_any_site_may_read_it(services):
    assert services.asked(Origin="https://ent.example.fr").headers["Access-Control-Allow-Origin"] == "*"
