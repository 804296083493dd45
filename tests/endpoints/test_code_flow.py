"""The code flow over the real application, as a relying party sees it."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School
from idp.relying_parties import administration, cache

ISSUER = "http://127.0.0.1:8000"
REDIRECT_URI = "https://portail.example.fr/retour"


def answer_of(response):
    from urllib.parse import parse_qs, urlsplit

    assert response.status_code == 303, response.text
    assert response.location.startswith(REDIRECT_URI + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def test_a_logged_in_parent_gets_a_code_with_state_and_iss(portal):
    portal.log_in()

    answer = answer_of(portal.authorize())

    assert answer["state"] == "état-~._"
    assert answer["iss"] == ISSUER
    assert len(answer["code"]) > 100


def test_a_code_gives_tokens_and_an_id_token_that_the_jwks_verifies(portal):
    portal.log_in()

    tokens = portal.redeem(portal.code()).json

    jwks = KeySet.import_key_set(json.loads(portal.browser.get("/jwks").data))
    identity = jose.decode(tokens["id_token"], jwks, algorithms=["RS256"])
    assert identity.claims["nonce"] == "n" * 64
    assert identity.claims["aud"] == "portail"
    userinfo = portal.userinfo(tokens["access_token"]).json
    assert userinfo["sub"] == identity.claims["sub"]
    assert userinfo["name"] == "Claire Martin"
    assert userinfo["email_verified"] is False


def test_a_code_used_twice_is_refused_and_ends_what_it_gave(portal):
    portal.log_in()
    code = portal.code()
    tokens = portal.redeem(code).json

    second = portal.redeem(code)

    assert (second.status_code, second.json["error"]) == (400, "invalid_grant")
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_of_ten_parallel_redemptions_one_succeeds(portal):
    portal.log_in()
    code = portal.code()

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(lambda _: portal.redeem(code).status_code, range(10)))

    assert statuses == [200] + [400] * 9


def test_a_code_ends_after_sixty_seconds(portal, clock):
    portal.log_in()
    code = portal.code()

    clock.advance(seconds=61)

    assert portal.redeem(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", ["", "w" * 43, "short"])
def test_a_wrong_verifier_is_refused_and_kills_the_code(portal, verifier):
    portal.log_in()
    code = portal.code()

    assert portal.redeem(code, code_verifier=verifier).json["error"] == "invalid_grant"
    assert portal.redeem(code).json["error"] == "invalid_grant"


def test_a_verifier_without_challenge_is_refused(portal):
    portal.log_in()

    code = portal.code(code_challenge="", code_challenge_method="")

    assert portal.redeem(code).json["error"] == "invalid_grant"


def test_a_code_of_another_client_is_dead_for_everybody(portal, register):
    portal.log_in()
    code = portal.code()

    assert register("autre").redeem(code).json["error"] == "invalid_grant"
    assert portal.redeem(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_refresh_token_rotates_and_its_reuse_ends_the_family(portal):
    portal.log_in()
    first = portal.redeem(portal.code()).json["refresh_token"]
    second = portal.refresh(first).json

    reuse = portal.refresh(first)

    assert reuse.json["error"] == "invalid_grant"
    assert portal.refresh(second["refresh_token"]).json["error"] == "invalid_grant"
    assert portal.userinfo(second["access_token"]).status_code == 401


def test_a_refresh_never_widens_the_scope(portal):
    portal.log_in()
    token = portal.redeem(portal.code(scope="openid")).json["refresh_token"]

    assert portal.refresh(token, scope="openid eleves").json["error"] == "invalid_scope"


def test_a_suspended_account_ends_userinfo_and_refresh(portal, app):
    portal.log_in()
    tokens = portal.redeem(portal.code()).json
    with app.app_context():
        db.session.get(Account, portal.account_id).state = "suspended"
        db.session.commit()

    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_revoked_token_is_inactive_at_once(portal):
    portal.log_in()
    token = portal.redeem(portal.code()).json["access_token"]
    assert portal.post("/introspect", {"token": token}).json["active"] is True

    assert portal.post("/revoke", {"token": token}).status_code == 200

    assert portal.post("/introspect", {"token": token}).json == {"active": False}


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_client_token_is_revoked_too(portal):
    token = portal.post("/token", {"grant_type": "client_credentials"}).json["access_token"]
    assert portal.post("/introspect", {"token": token}).json["active"] is True

    portal.post("/revoke", {"token": token})

    assert portal.post("/introspect", {"token": token}).json == {"active": False}


def test_a_wrong_secret_gets_invalid_client(portal):
    answer = portal.post("/token", {"grant_type": "client_credentials"}, secret="é")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_children_are_named_for_one_sector_only(portal, register, app):
    """Birth dates go only to clients that may have them."""
    portal.log_in()
    _give_a_child(app, portal.account_id)
    other = register("cantine", sector_identifier="cantine.example.fr")
    other.account_id = portal.account_id
    other.log_in()

    seen = []
    for party in (portal, other):
        tokens = party.redeem(party.code(scope="openid eleves")).json
        seen.append(party.userinfo(tokens["access_token"]).json["eleves"])

    assert [child["given_name"] for child in seen[0] + seen[1]] == ["Zoé", "Zoé"]
    assert seen[0][0]["sub"] != seen[1][0]["sub"]
    assert "birthdate" not in seen[0][0]


def _give_a_child(app, account_id):
    with app.app_context():
        school = School(uai="0010001A", name="École des Tilleuls")
        names = {"family_name": "Martin", "family_key": "MARTIN"}
        pupil = Pupil(first_name="Zoé", first_key="ZOE", birth_on=dt.date(2018, 3, 4), **names)
        adult = Responsable(uai="0010001A", **names)
        db.session.add(school)
        db.session.flush()
        db.session.add_all([pupil, adult])
        db.session.flush()
        db.session.add_all(
            [
                Enrolment(uai="0010001A", pupil_id=pupil.id, school_year=2025),
                Link(responsable_id=adult.id, pupil_id=pupil.id),
                AccountResponsable(responsable_id=adult.id, account_id=account_id),
            ]
        )
        db.session.commit()


def test_a_disabled_client_and_its_tokens_are_refused_on_every_process_within_a_second(portal, monkeypatch):
    """The other process still knows the client from before; what it knows is never older than a second."""
    portal.log_in()
    moment = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(cache, "time", SimpleNamespace(monotonic=lambda: moment.now))
    tokens = portal.redeem(portal.code()).json
    assert portal.userinfo(tokens["access_token"]).status_code == 200
    with portal.app.app_context():
        administration.disable("portail", by="test")
        db.session.commit()

    moment.now += 1.0

    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert portal.refresh(tokens["refresh_token"]).json["error"] == "invalid_client"
    assert portal.authorize(prompt="none").status_code == 400


def test_an_access_token_ends_after_five_minutes(portal, clock):
    """A trap of Authlib: access tokens of ten days."""
    portal.log_in()
    tokens = portal.redeem(portal.code()).json
    assert tokens["expires_in"] == 300

    clock.advance(seconds=301)

    assert portal.userinfo(tokens["access_token"]).status_code == 401
