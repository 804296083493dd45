"""Strangers who try passwords on a colleague's login keep themselves out, not the colleague (ATTACKS 81, 83)."""

import msgspec
import pytest

from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import PASSWORD, Colleague
from tests.journeys.authenticator import Authenticator

FAR = "203.0.113.{}"


@pytest.fixture
def settings(settings):
    """An issuer with a name: browsers take no number as an RP id."""
    server = msgspec.structs.replace(settings.server, issuer="http://localhost:8000")
    return msgspec.structs.replace(settings, server=server)


def stranger(of: Colleague, address: str = FAR.format(7)) -> Colleague:
    """Somebody elsewhere, who knows the colleague's login."""
    person = Colleague(of.app, of.clock, of.login)
    person.browser.environ_base["REMOTE_ADDR"] = address
    return person


def tries(person: Colleague, times: int, password: str = "wrong-password-1") -> int:
    """The status of the last of so many wrong tries."""
    for _ in range(times):
        person.gives_password(password)
    return person.status


def tries_from_everywhere(head: Colleague) -> None:
    """More wrong passwords than strangers may give on one login, from many addresses."""
    for number in range(11):
        tries(stranger(head, FAR.format(number)), 10)


@BOTH_DATABASES
def test_a_stranger_does_not_keep_a_colleague_out(head):
    assert tries(stranger(head), 11) == 429

    assert head.logs_in().sees("Gestion de l’école")


def test_many_strangers_do_not_keep_a_colleague_out_of_their_own_browser(head):
    head.logs_in().sends("/gestion/deconnexion")

    tries_from_everywhere(head)

    assert stranger(head, "198.51.100.1").gives_password().status == 429
    assert head.logs_in().sees("Gestion de l’école")


def test_strangers_on_the_schools_own_network_do_not_keep_a_known_browser_out(head):
    head.logs_in().sends("/gestion/deconnexion")

    assert tries(stranger(head, "127.0.0.1"), 40) == 429

    assert head.logs_in().sees("Gestion de l’école")


def test_many_addresses_have_no_more_tries_together_than_strangers_may(head):
    """ATTACKS 81."""
    tries_from_everywhere(head)

    assert stranger(head, "198.51.100.1").gives_password().status == 429


def test_a_browser_that_is_known_has_its_own_few_tries(head):
    """A stolen cookie is a place to try from, not a way around the limit."""
    head.logs_in().sends("/gestion/deconnexion")

    assert tries(head, 10) == 422

    assert head.gives_password().status == 429
    assert Colleague(head.app, head.clock, head.login).logs_in().sees("Gestion de l’école")


def test_the_cookie_of_one_colleague_is_nothing_for_another(head, support):
    support.logs_in().sends("/gestion/deconnexion")
    support.login = head.login
    tries_from_everywhere(head)

    assert support.gives_password().status == 429


@pytest.mark.parametrize("cookie", ["", "x", "." * 200, "é", "a.b.c.d.e.f.g"])
def test_a_cookie_of_ones_own_making_is_nothing(head, cookie):
    tries_from_everywhere(head)
    person = stranger(head, "198.51.100.1")
    person.browser.set_cookie("idp_staff_browser", cookie)

    assert person.gives_password().status == 429


def test_two_colleagues_share_a_computer(head, support):
    support.browser = head.browser
    for person in (head, support):
        person.logs_in().sends("/gestion/deconnexion")
    tries_from_everywhere(head)
    tries_from_everywhere(support)

    assert head.logs_in().sees("Gestion de l’école")
    head.sends("/gestion/deconnexion")
    assert support.logs_in().sees("Assistance")


def test_the_cookie_outlives_the_window_and_opens_nothing(head):
    head.logs_in()
    cookie = head.browser.get_cookie("idp_staff_browser")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.max_age == 90 * 86_400
    other = stranger(head)
    other.browser.set_cookie("idp_staff_browser", cookie.value)

    assert other.opens("/gestion/ma-session").path == "/gestion/connexion"


def test_who_chooses_a_password_by_a_link_is_not_kept_out(head, invite):
    """ATTACKS 83: the way back in works during a wait."""
    tries_from_everywhere(head)
    link = invite(head.login, "password")
    person = Colleague(head.app, head.clock, head.login).opens(link)
    new = "un-nouveau-mot-de-passe"
    person.sends(link, nouveau_mot_de_passe=new, confirmation=new)

    assert person.gives_password(new).gives_code().sees("Gestion de l’école")


def test_who_knows_the_password_does_not_keep_the_codes_from_a_known_browser(head):
    head.logs_in().sends("/gestion/deconnexion")
    thief = stranger(head).gives_password()
    for _ in range(6):
        thief.gives_code("000000")
    assert thief.status == 429

    assert head.logs_in().sees("Gestion de l’école")


def test_wrong_codes_do_not_keep_a_passkey_out(head):
    key = Authenticator()
    head.logs_in()
    options = head.browser.post("/gestion/second-facteur/cle/defi", data={"csrf_token": head.token()}).json["options"]
    head.sends("/gestion/second-facteur/cle", reponse=key.creates(options), nom="Téléphone")
    thief = stranger(head).gives_password()
    for _ in range(6):
        thief.gives_code("000000")
    assert thief.status == 429

    newly = Colleague(head.app, head.clock, head.login).gives_password()
    options = newly.browser.post("/gestion/second-facteur/defi", data={"csrf_token": newly.token()}).json
    newly.sends("/gestion/connexion/second-facteur", reponse=key.gets(options))

    assert newly.opens("/gestion").sees("Gestion de l’école")


def test_the_right_password_of_a_kept_out_address_is_not_looked_at(head):
    person = stranger(head)

    tries(person, 10)

    assert person.gives_password(PASSWORD).status == 429
