"""Dynamic registration under attack (ATTACKS 54 to 60)."""

import datetime as dt

import pytest

from idp.db import db
from idp.relying_parties import administration, service
from idp.relying_parties.registration import Registrar
from tests.registrations import KEY, Developer

API = "https://api.example.fr"


@pytest.fixture
def developer(app):
    made = Developer(app)
    made.has_token()
    return made


def test_without_an_initial_access_token_nobody_registers(developer):
    """ATTACKS 54."""
    for token in ("", "guess"):
        developer.token = token
        response = developer.register()
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_registers_as_many_clients_as_its_quota(app):
    """ATTACKS 54."""
    developer = Developer(app)
    developer.has_token(quota=1)

    assert [developer.register().status_code for _try in range(3)] == [201, 403, 403]


def test_no_registration_gives_the_scope_eleves(developer):
    """ATTACKS 54."""
    assert "eleves" not in developer.register(scope="openid eleves profile").json["scope"]


def test_the_registration_token_manages_one_client_and_is_replaced_at_each_update(developer):
    """ATTACKS 56."""
    first, second = developer.register().json, developer.register(client_name="Autre").json

    assert developer.manage("GET", first, token=second["registration_access_token"]).status_code == 401
    updated = developer.update(first, client_name="Cantine bis")
    assert updated.status_code == 200
    assert developer.manage("GET", first).status_code == 401
    assert developer.manage("GET", updated.json).json["client_name"] == "Cantine bis"


def test_an_update_never_widens_scopes_nor_makes_a_client_public(developer):
    """ATTACKS 57."""
    registered = developer.register(scope="openid email").json

    assert developer.update(registered, token_endpoint_auth_method="none").status_code == 400
    assert developer.update(registered, scope="openid email profile").json["scope"] == "openid email"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("redirect_uris", 5),
        ("redirect_uris", ["https://["]),
        ("frontchannel_logout_uri", "https://["),
        ("sector_identifier_uri", "https://xn--a/"),
        ("logo_uri", "https://xn--a/"),
        ("grant_types", [[]]),
        ("jwks", {"keys": [{**KEY, "kid": "a", "use": []}]}),
    ],
    ids=str,
)
def test_a_member_that_is_no_such_thing_is_refused_by_its_name(developer, member, value):
    answer = developer.register(**{member: value})

    assert answer.status_code == 400
    assert answer.json["error_description"].startswith(f"{member}: ")


def test_a_client_keeps_the_api_that_an_administrator_gave_it_when_it_updates_itself(developer, register_api):
    register_api(API, "api.read")
    registered = developer.register(scope="openid profile").json
    with developer.app.app_context():
        given = {"scope": "openid profile api.read", "resources": [API]}
        administration.update(registered["client_id"], given, by="admin", demo=False)
        db.session.commit()

    updated = developer.update(registered, scope=None, client_name="Autre")

    assert (updated.status_code, updated.json["scope"]) == (200, "openid profile api.read")


def test_an_update_keeps_what_an_administrator_changed_while_its_logo_was_fetched(developer, monkeypatch):
    """ATTACKS 57: the client chooses how long its own address takes to answer."""
    registered = developer.register(scope="openid email").json
    rules = {"scope": "openid", "require_pkce": True, "sector_identifier": "famille.example.fr"}

    def fetch(registrar, asked):
        administration.update(registered["client_id"], rules, by="admin", demo=False)
        db.session.commit()

    monkeypatch.setattr(Registrar, "fetch", fetch)

    updated = developer.update(registered, client_name="Autre").json

    assert {name: updated[name] for name in (*rules, "client_name")} == {**rules, "client_name": "Autre"}


def test_the_secret_is_not_read_back(developer):
    """ATTACKS 60.

    A trap of Authlib: client secrets kept in clear.
    """
    assert "client_secret" not in developer.manage("GET", developer.register().json).json


@pytest.mark.parametrize("member", ["logo_uri", "sector_identifier_uri"])
def test_a_private_address_is_answered_like_a_name_that_does_not_exist(developer, member):
    """ATTACKS 55."""
    answers = [developer.register(**{member: f"https://{host}/"}) for host in ("10.0.0.1", "nowhere.invalid")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json == answers[1].json
    assert answers[0].json["error"] == "invalid_client_metadata"


def test_the_metadata_of_rfc_8414_is_the_same_document(portal):
    first = portal.browser.get("/.well-known/oauth-authorization-server")

    assert first.json == portal.browser.get("/.well-known/openid-configuration").json


def test_a_rotated_secret_is_good_until_its_overlap_ends(portal, app, clock):
    with app.app_context():
        fresh = service.rotate_secret("portail", dt.timedelta(hours=1))
        db.session.commit()
    form = {"grant_type": "client_credentials"}

    assert portal.post("/token", form).status_code == 200
    assert portal.post("/token", form, secret=fresh).status_code == 200
    clock.advance(hours=1)
    assert portal.post("/token", form).status_code == 401
    assert portal.post("/token", form, secret=fresh).status_code == 200


@pytest.mark.parametrize(
    "members",
    [
        {"claims": {"sub": "admin", "roles": ["admin"]}},
        {"claim_mappings": {"sub": "email"}, "default_claims": {"azp": "other"}},
        {"first_party": True, "birth_dates": True, "reviewed_at": 1, "sector_identifier": "other.example"},
        {"resources": ["https://api.example"], "resource_server": True, "require_pkce": False},
    ],
    ids=lambda members: "-".join(members),
)
def test_a_client_chooses_neither_claims_nor_rights(developer, members):
    """ATTACKS 58, 103: what no registration may say is not kept, and not told as if it were."""
    answer = developer.register(**members)

    assert answer.status_code in (201, 400)
    assert not members.keys() & (answer.json.keys() - {"require_pkce"}) or answer.status_code == 400
    if answer.status_code == 201:
        assert developer.manage("GET", answer.json).json.keys().isdisjoint(members)
