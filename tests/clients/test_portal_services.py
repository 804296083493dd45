"""The portal's tiles: the provider's list of services (docs/services.md), child by child."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from clients import clock
from tests.clients.conftest import GUIDANCE, REPORTS

NO_LIST = "La liste des services ne peut pas s’afficher maintenant."


def tiles(page):
    return [unescape(address) for address in re.findall(r'class="tile" href="([^"]+)"', page)]


@pytest.fixture
def home(portal):
    """The page of a parent who is logged in, with this list of services."""

    def opens(*services):
        if services:
            portal.provider.services = {"services": list(services)}
        if portal.open("/").status_code == 303:
            portal.logs_in()
        return portal.open("/").text

    return opens


def children(page):
    """What each child's card shows."""
    return page.split('class="card"')[1:]


@pytest.fixture
def passes(monkeypatch):
    """Time that goes by."""

    def wait(seconds):
        later = clock.now() + seconds
        monkeypatch.setattr(clock, "now", lambda: later)

    return wait


def test_each_child_has_the_services_of_its_school(home):
    alexis, camille = children(home())

    assert "Livret Scolaire" in alexis
    assert "Les bilans de votre enfant" in alexis
    assert "Orientation" not in alexis
    assert "Livret Scolaire" in camille
    assert "Orientation" in camille


@pytest.mark.parametrize(
    ("schools", "shown"),
    [
        ({}, [True, True]),
        ({"degrees": ["1"]}, [True, False]),
        ({"uai_prefixes": ["013", "059"]}, [True, True]),
        ({"uai_prefixes": ["013"]}, [False, False]),
        ({"uais": ["0599902T"]}, [False, True]),
        ({"degrees": ["1"], "uai_prefixes": ["013"]}, [False, False]),
    ],
)
def test_what_is_said_of_schools_is_followed(home, schools, shown):
    page = home({**REPORTS, "schools": schools})

    assert ["Livret Scolaire" in card for card in children(page)] == shown


def test_a_tile_starts_the_service_s_login_for_its_child(home, portal):
    address = urlsplit(tiles(home())[0])

    query = parse_qs(address.query)
    assert (address.netloc, address.path) == ("127.0.0.1:8002", "/initiate")
    assert query.keys() == {"iss", "target_link_uri"}
    assert query["iss"] == [portal.provider.issuer]
    assert re.fullmatch(r"http://127\.0\.0\.1:8002/\?eleve=[0-9a-f]{16}", query["target_link_uri"][0])


def test_a_service_without_a_page_to_land_on_gets_our_issuer_alone(home, portal):
    (address,) = tiles(home(GUIDANCE))

    assert parse_qs(urlsplit(address).query) == {"iss": [portal.provider.issuer]}


def test_a_plain_link_is_opened_as_it_is(home):
    assert set(tiles(home({"title": "Cantine", "link": "https://cantine.example.fr/?a=b"}))) == {
        "https://cantine.example.fr/?a=b"
    }


def test_the_picture_is_the_provider_s_and_no_other_s(home, portal):
    ours = f"{portal.provider.issuer}/static/services/book.svg"
    page = home({**REPORTS, "picture_uri": ours}, {**REPORTS, "picture_uri": "https://evil.example/pixel.png"})

    assert ours in page
    assert "evil.example" not in page
    policy = portal.open("/").headers["Content-Security-Policy"]
    assert f"img-src 'self' {portal.provider.issuer};" in policy


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {"title": "Rien"},
        {"title": "", "link": "https://a.example/"},
        {"title": "Script", "link": "javascript:alert(1)"},
        {"title": "En clair", "initiate_login_uri": "http://lsu.example.fr/initiate"},
        {"title": "Cassé", "link": "https://[a"},
        {**REPORTS, "picture_uri": "https://[a"},
        {**REPORTS, "schools": []},
        {**REPORTS, "schools": {"degrees": "2"}},
        {**REPORTS, "schools": {"uais": [3]}},
    ],
)
def test_a_service_that_is_not_understood_is_left_out(home, entry):
    assert len(tiles(home(entry, {"title": "Cantine", "link": "https://cantine.example.fr/"}))) == 2


def test_titles_are_shown_as_text(home):
    assert "&lt;b&gt;Livret" in home({**REPORTS, "title": "<b>Livret"})


def test_the_list_is_asked_for_once_a_minute(home, portal, passes):
    home()
    home()
    assert portal.provider.services_asked == 1

    passes(61)
    assert "Cantine" in home({"title": "Cantine", "link": "https://cantine.example.fr/"})
    assert portal.provider.services_asked == 2


def test_the_last_list_is_shown_while_no_newer_one_can_be_had(home, portal, passes):
    home()
    portal.provider.services = None
    passes(61)

    assert "Livret Scolaire" in home()


@pytest.mark.parametrize("answer", [None, [], {"services": "none"}, {"nothing": []}])
def test_a_list_that_never_came_is_told_in_a_clear_message(home, portal, passes, answer):
    portal.provider.services = answer

    page = home()
    assert page.count(NO_LIST) == 2
    assert "DURAND Alexis" in page

    portal.provider.services = {"services": [REPORTS]}
    passes(11)
    assert NO_LIST not in home()


@pytest.mark.parametrize("address", [None, "http://evil.example/services", 3])
def test_a_provider_without_an_address_for_it_has_no_list(home, portal, address):
    portal.provider.metadata = {"services_endpoint": address}

    assert NO_LIST in home()


def test_a_child_without_services_is_told_so(home, portal):
    portal.provider.services = {"services": []}

    assert home().count("Aucun service n’est ouvert pour cet enfant.") == 2
