"""Device authorization (RFC 8628): a screen in a hall, a parent with a telephone; ATTACKS 52."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp import clock as time
from idp.accounts.models import Account
from idp.db import db
from idp.grants import devices
from tests.conftest import BOTH_DATABASES

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid profile offline_access"


@pytest.fixture
def screen(register):
    """A screen: it has no redirect URI, and asks with its secret."""
    return register("ecran", first_party=False, grant_types=[DEVICE, "refresh_token"], redirect_uris=[])


@pytest.fixture
def parent(register):
    """A parent's telephone, logged in."""
    party = register("portail")
    party.log_in()
    return party


def begin(screen, **form):
    return screen.post("/device_authorization", {"scope": SCOPE, **form})


def poll(screen, code, **form):
    return screen.post("/token", {"grant_type": DEVICE, "device_code": code, **form})


def submit(party, page, action, **form):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]
    return party.browser.post(action, data={"csrf_token": token, **form})


def enter(party, code):
    return submit(party, party.browser.get("/appareil"), "/appareil", code=code)


def decide(party, address, choice="oui"):
    return submit(party, party.browser.get(address), address, choix=choice)


def test_a_parent_lets_a_screen_in(screen, parent, clock):
    begun = begin(screen).json
    assert begun["verification_uri"] == "http://127.0.0.1:8000/appareil"
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", begun["user_code"])
    assert poll(screen, begun["device_code"]).json["error"] == "authorization_pending"

    claimed = enter(parent, begun["user_code"].lower().replace("-", " "))
    page = parent.browser.get(claimed.location)
    assert "Le Portail" in page.text  # the name that the client registered
    assert "offline" not in page.text
    assert "connecté" in parent.browser.get(decide(parent, claimed.location).location).text

    clock.advance(seconds=6)
    tokens = poll(screen, begun["device_code"]).json
    assert screen.userinfo(tokens["access_token"]).json["given_name"] == "Claire"
    assert screen.refresh(tokens["refresh_token"]).status_code == 200


def test_the_whole_address_only_fills_the_field_in(screen, parent):
    """RFC 8628 §5.4: a link alone connects nothing."""
    begun = begin(screen).json
    address = begun["verification_uri_complete"].removeprefix("http://127.0.0.1:8000")

    page = parent.browser.get(address)

    assert f'value="{begun["user_code"]}"' in page.text
    assert poll(screen, begun["device_code"]).json["error"] == "authorization_pending"


def test_nobody_logged_in_logs_in_first(screen):
    assert screen.browser.get("/appareil?code=WDJB-MJHT").location.startswith("/connexion/")


def test_a_refusal_is_told_to_the_screen(screen, parent):
    begun = begin(screen).json
    decide(parent, enter(parent, begun["user_code"]).location, "non")

    assert poll(screen, begun["device_code"]).json["error"] == "access_denied"


def test_a_screen_that_asks_too_fast_must_slow_down(screen, clock):
    code = begin(screen).json["device_code"]

    errors = []
    for seconds in (0, 1, 6, 11):
        clock.advance(seconds=seconds)
        errors.append(poll(screen, code).json["error"])

    assert errors == ["authorization_pending", "slow_down", "slow_down", "slow_down"]
    clock.advance(seconds=21)
    assert poll(screen, code).json["error"] == "authorization_pending"


def test_a_code_ends_after_ten_minutes(screen, parent, clock, app):
    begun = begin(screen).json
    clock.advance(minutes=10)
    parent.log_in()

    assert poll(screen, begun["device_code"]).json["error"] == "expired_token"
    assert enter(parent, begun["user_code"]).status_code == 422
    with app.app_context():
        assert devices.sweep() == 1


def test_five_wrong_codes_then_a_wait(screen, parent, clock):
    """ATTACKS 52: five tries; even the right code waits then."""
    begun = begin(screen).json

    statuses = [enter(parent, "BBBB-BBBB").status_code for _ in range(6)]

    assert statuses == [422] * 5 + [429]
    assert enter(parent, begun["user_code"]).status_code == 429


@BOTH_DATABASES
def test_a_right_code_buys_no_more_guesses(screen, parent, clock):
    """ATTACKS 52: whoever guesses can have a code of a screen of their own; it costs no try, and gives none back."""
    for _ in range(4):
        enter(parent, "BBBB-BBBB")

    own = [enter(parent, begin(screen).json["user_code"]).status_code for _ in range(3)]

    assert own == [303] * 3
    assert [enter(parent, "BBBB-BBBB").status_code for _ in range(2)] == [422, 429]


def test_another_parent_neither_sees_nor_decides_what_one_claimed(screen, parent, register, app):
    """ATTACKS 52: approve, deny or read a grant claimed by someone else: 404."""
    begun = begin(screen).json
    address = enter(parent, begun["user_code"]).location
    other = register("cantine")
    with app.app_context():
        now = time.now()
        names = {"identifiant": "z.autre1", "family_name": "Autre", "first_name": "Zoé"}
        account = Account(**names, created_at=now, updated_at=now)
        db.session.add(account)
        db.session.commit()
        other.account_id = account.id
    other.log_in()

    assert other.browser.get(address).status_code == 404
    assert submit(other, other.browser.get("/appareil"), address, choix="oui").status_code == 404
    assert enter(other, begun["user_code"]).status_code == 422
    assert poll(screen, begun["device_code"]).json["error"] == "authorization_pending"


def test_another_client_cannot_collect_the_tokens(screen, parent, register):
    begun = begin(screen).json
    decide(parent, enter(parent, begun["user_code"]).location)
    other = register("autre", grant_types=[DEVICE], redirect_uris=[])

    assert poll(other, begun["device_code"]).json["error"] == "invalid_grant"


@BOTH_DATABASES
def test_of_ten_parallel_polls_one_gets_tokens(screen, parent):
    """ATTACKS 33: the others count as replays and end the grant."""
    begun = begin(screen).json
    decide(parent, enter(parent, begun["user_code"]).location)

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(lambda _: poll(screen, begun["device_code"]).status_code, range(10)))

    assert statuses == [200] + [400] * 9


def test_a_client_not_registered_for_it_gets_no_code(parent):
    assert parent.post("/device_authorization", {"scope": "openid"}).json["error"] == "unauthorized_client"


def test_codes_are_stored_hashed(screen, app):
    begun = begin(screen).json
    with app.app_context():
        row = db.session.execute(db.text("SELECT * FROM device_requests")).one()
    stored = repr(tuple(row))

    assert begun["device_code"] not in stored
    assert begun["user_code"].replace("-", "") not in stored


def test_discovery_tells_where_devices_begin(screen):
    document = screen.browser.get("/.well-known/openid-configuration").json

    assert document["device_authorization_endpoint"].endswith("/device_authorization")
    assert DEVICE in document["grant_types_supported"]
