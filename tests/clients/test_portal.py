"""The portal's page (parents' guide: «Scolarité Services»)."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from clients import clock


def test_the_parent_is_greeted_by_civility_and_name(portal):
    portal.logs_in()

    assert "Mme DURANT Valéry" in portal.open("/").text


def test_the_login_before_this_one_is_told_in_paris_time(portal):
    portal.provider.userinfo = {"previous_login_at": 1512041888}
    portal.logs_in()

    assert "Dernière connexion le 30/11/2017 à 12:38:08" in portal.open("/").text


def test_a_first_login_tells_no_login_before(portal):
    portal.logs_in()

    assert "Dernière connexion" not in portal.open("/").text


def test_each_child_has_a_card_with_class_and_school(portal):
    portal.logs_in()

    page = portal.open("/").text

    assert page.count('class="card"') == 2
    for text in ("DURAND Alexis", "CE2 Mme Hocquet", "DURAND Camille", "6A", "COLLEGE LES TROIS TILLEULS"):
        assert text in page
    assert "Bienvenue dans notre établissement." in page


def test_children_that_cannot_be_read_are_left_out(portal):
    portal.provider.person["eleves"] = [None, 3, {}, {"sub": "x"}, {"sub": ["x"], "given_name": "A"}]
    portal.logs_in()

    assert 'class="card"' not in portal.open("/").text


def test_a_parent_without_children_is_told_what_to_do(portal):
    portal.provider.person["eleves"] = []
    portal.logs_in()

    assert "Contactez votre établissement scolaire" in portal.open("/").text


def test_names_are_shown_as_text(portal):
    portal.provider.person["family_name"] = "<b>DURANT</b>"
    portal.logs_in()

    assert "&lt;b&gt;DURANT&lt;/b&gt;" in portal.open("/").text


def test_logging_out_ends_our_session_then_the_provider_s(portal):
    portal.logs_in()
    csrf = re.search(r'name="csrf" value="([^"]+)"', portal.open("/").text)[1]

    page = portal.client.post("/deconnexion", data={"csrf": csrf}).text

    address = urlsplit(unescape(re.search(r'url=([^"]+)"', page)[1]))
    query = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}" == portal.provider.issuer
    assert query["post_logout_redirect_uri"] == ["http://localhost/deconnecte"]
    assert query["id_token_hint"][0].count(".") == 2
    assert portal.open("/").status_code == 303


def test_another_site_cannot_log_a_parent_out(portal):
    portal.logs_in()

    assert portal.client.post("/deconnexion", data={"csrf": "forged"}).status_code == 400
    assert portal.open("/").status_code == 200


def test_a_session_ends_after_its_time(portal, monkeypatch):
    portal.logs_in()
    later = clock.now() + 3601
    monkeypatch.setattr(clock, "now", lambda: later)

    assert portal.open("/").status_code == 303
