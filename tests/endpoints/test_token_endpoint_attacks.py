"""Codes, refresh tokens and access tokens, attacked: ATTACKS 31 to 38, 45 to 53."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from idp.accounts.models import Account, AccountResponsable
from idp.app import create_app
from idp.audit import AuditEntry
from idp.db import db
from idp.oidc.jwt import decode_unverified
from idp.registry.models import Enrolment, Link, Pupil, Responsable, School
from tests.conftest import BOTH_DATABASES

ISSUER = "http://127.0.0.1:8000"


def invalid_grant(answer):
    return (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def audited(app, event):
    with app.app_context():
        return list(db.session.scalars(db.select(AuditEntry).filter_by(event=event)))


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://portail.example.fr/autre"}, {"redirect_uri": ""}])
def test_a_code_with_another_redirect_uri_is_dead_for_everybody(portal, changes):
    """ATTACKS 31"""
    portal.log_in()
    code = portal.code()

    assert invalid_grant(portal.redeem(code, **changes))
    assert invalid_grant(portal.redeem(code))


def test_a_code_of_another_client_is_dead_for_everybody(portal, register):
    """ATTACKS 31"""
    portal.log_in()
    code = portal.code()

    assert invalid_grant(register("autre").redeem(code))
    assert invalid_grant(portal.redeem(code))


def test_a_reused_code_ends_its_tokens_and_is_audited_with_the_account(portal, app):
    """ATTACKS 32"""
    portal.log_in()
    code = portal.code()
    tokens = portal.redeem(code).json

    assert invalid_grant(portal.redeem(code))
    assert invalid_grant(portal.redeem(code))

    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert invalid_grant(portal.refresh(tokens["refresh_token"]))
    lines = audited(app, "token.code_reused")
    assert [(line.account_id, line.client_id) for line in lines] == [(portal.account_id, "portail")]


def test_a_code_ends_after_sixty_seconds(clock, portal):
    """ATTACKS 32"""
    portal.log_in()
    code = portal.code()
    clock.advance(seconds=60)

    assert invalid_grant(portal.redeem(code))


@pytest.mark.parametrize("state", ["suspended", "merged", "notified"])
def test_a_closed_account_ends_code_refresh_userinfo_and_introspection(portal, app, state):
    """ATTACKS 32, 38: a grant begun before the account was suspended, merged or locked again."""
    portal.log_in()
    code, tokens = portal.code(), portal.redeem(portal.code()).json
    with app.app_context():
        db.session.get(Account, portal.account_id).state = state
        db.session.commit()

    assert invalid_grant(portal.redeem(code))
    assert invalid_grant(portal.refresh(tokens["refresh_token"]))
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert portal.post("/introspect", {"token": tokens["access_token"]}).json == {"active": False}


@BOTH_DATABASES
def test_of_ten_parallel_redemptions_of_a_code_one_succeeds_and_its_tokens_die(portal):
    """ATTACKS 33

    A trap of Authlib: a reused code revokes nothing, and two redemptions at once both succeed.
    """
    portal.log_in()
    code = portal.code()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: portal.redeem(code), range(10)))

    good = [answer for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert portal.userinfo(good[0].json["access_token"]).status_code == 401


@BOTH_DATABASES
def test_of_ten_parallel_rotations_one_succeeds_and_the_family_dies(portal):
    """ATTACKS 33, 36"""
    portal.log_in()
    token = portal.redeem(portal.code()).json["refresh_token"]

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: portal.refresh(token), range(10)))

    good = [answer for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert invalid_grant(portal.refresh(good[0].json["refresh_token"]))


@pytest.mark.parametrize(
    ("challenge", "verifier"), [(True, ""), (True, "w" * 43), (True, "short"), (True, "é" * 43), (False, "v" * 43)]
)
def test_a_verifier_must_be_there_and_right_and_only_where_a_challenge_was(portal, challenge, verifier):
    """ATTACKS 35"""
    portal.log_in()
    changes = {} if challenge else {"code_challenge": "", "code_challenge_method": ""}

    assert invalid_grant(portal.redeem(portal.code(**changes), code_verifier=verifier))


def test_a_replayed_refresh_token_ends_the_family_and_is_audited_with_the_account(portal, app):
    """ATTACKS 36: old generation, in the same second."""
    portal.log_in()
    first = portal.redeem(portal.code()).json["refresh_token"]
    second = portal.refresh(first).json

    assert invalid_grant(portal.refresh(first))
    assert invalid_grant(portal.refresh(second["refresh_token"]))
    assert portal.userinfo(second["access_token"]).status_code == 401
    assert [line.account_id for line in audited(app, "token.refresh_reused")] == [portal.account_id]


def test_a_refresh_token_is_worth_nothing_after_a_restart_revocation_or_to_another_client(portal, register, settings):
    """ATTACKS 36"""
    portal.log_in()
    old = portal.redeem(portal.code()).json["refresh_token"]
    new = portal.refresh(old).json["refresh_token"]
    restarted = create_app(settings)
    portal.browser.application = restarted
    assert invalid_grant(portal.refresh(old))
    assert invalid_grant(portal.refresh(new))

    revoked = portal.redeem(portal.code()).json["refresh_token"]
    portal.post("/revoke", {"token": revoked})
    assert invalid_grant(portal.refresh(revoked))
    stolen = portal.redeem(portal.code()).json["refresh_token"]
    assert invalid_grant(register("autre").refresh(stolen))
    assert invalid_grant(portal.refresh(stolen))
    restarted.extensions["idp"].hot.close()


def test_a_grace_forgives_a_lost_answer_for_some_seconds_only(clock, portal, settings):
    """The setting `tokens.refresh_grace_seconds`, 0 unless somebody changes it."""
    tokens = msgspec.structs.replace(settings.tokens, refresh_grace_seconds=10)
    patient = create_app(msgspec.structs.replace(settings, tokens=tokens))
    portal.browser.application = patient
    portal.log_in()
    first = portal.redeem(portal.code()).json["refresh_token"]
    portal.refresh(first)
    clock.advance(seconds=9)

    again = portal.refresh(first)

    assert again.status_code == 200
    assert portal.refresh(again.json["refresh_token"]).status_code == 200
    assert invalid_grant(portal.refresh(first))
    patient.extensions["idp"].hot.close()


def test_a_scope_never_grows_at_refresh(portal):
    """ATTACKS 37"""
    portal.log_in()
    token = portal.redeem(portal.code(scope="openid")).json["refresh_token"]

    assert portal.refresh(token, scope="openid eleves").json["error"] == "invalid_scope"


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x"])
def test_grants_that_do_not_exist_are_unsupported(portal, grant_type):
    """ATTACKS 47"""
    answer = portal.post("/token", {"grant_type": grant_type, "username": "a", "password": "b"})

    assert answer.json["error"] == "unsupported_grant_type"
    document = portal.browser.get("/.well-known/openid-configuration").json
    assert "password" not in document["grant_types_supported"]


@pytest.mark.parametrize("grant_type", ["refresh_token", "client_credentials"])
def test_a_grant_that_the_client_did_not_register_is_refused(register, grant_type):
    """ATTACKS 47"""
    party = register("lsu", grant_types=["authorization_code"])

    assert party.post("/token", {"grant_type": grant_type}).json["error"] == "unauthorized_client"


def give_child(app, account_id):
    with app.app_context():
        names = {"family_name": "Martin", "family_key": "MARTIN"}
        db.session.add(School(uai="0010001A", name="École des Tilleuls"))
        pupil = Pupil(first_name="Zoé", first_key="ZOE", birth_on=dt.date(2018, 3, 4), **names)
        adult = Responsable(uai="0010001A", **names)
        db.session.flush()
        db.session.add_all([pupil, adult])
        db.session.flush()
        held = AccountResponsable(responsable_id=adult.id, account_id=account_id)
        enrolled = Enrolment(uai="0010001A", pupil_id=pupil.id, school_year=2025)
        db.session.add_all([enrolled, Link(responsable_id=adult.id, pupil_id=pupil.id), held])
        db.session.commit()


def children_of(party):
    token = party.redeem(party.code(scope="openid eleves")).json["access_token"]
    return party.userinfo(token).json["eleves"], party.userinfo(token).json["sub"]


def test_parents_and_children_have_another_name_in_each_sector(portal, register, app):
    """ATTACKS 48, 51"""
    portal.log_in()
    give_child(app, portal.account_id)
    other = register("cantine", sector_identifier="cantine.example.fr")
    other.account_id = portal.account_id
    other.log_in()

    (mine, me), (theirs, them) = children_of(portal), children_of(other)

    assert mine[0]["sub"] != theirs[0]["sub"]
    assert me != them
    assert {len(name) for name in (me, them)} == {43}  # a client_id has 40 characters at most


def test_birth_dates_go_to_clients_that_may_have_them_and_the_release_is_audited(portal, app):
    """ATTACKS 49: once a day for an account and a client; never a date in the log."""
    portal.log_in()
    give_child(app, portal.account_id)
    assert "birthdate" not in children_of(portal)[0][0]
    assert audited(app, "claims.birth_dates_released") == []
    with app.app_context():
        db.session.execute(db.text("UPDATE clients SET birth_dates_allowed = true"))
        db.session.commit()
    app.extensions["idp"].provider.clients.forget()

    assert children_of(portal)[0][0]["birthdate"] == "2018-03-04"

    (line,) = audited(app, "claims.birth_dates_released")
    assert (line.account_id, line.client_id, line.ids) == (portal.account_id, "portail", {"children": 1})


def test_a_scope_that_the_client_may_not_have_is_left_out(register):
    """ATTACKS 49"""
    party = register("lsu", scope="openid profile")
    party.log_in()

    answer = party.redeem(party.code(scope="openid profile eleves")).json

    assert answer["scope"] == "openid profile"
    assert "eleves" not in party.userinfo(answer["access_token"]).json


def test_a_token_is_taken_from_one_place_alone_and_never_from_the_address(portal):
    """ATTACKS 50"""
    portal.log_in()
    token = portal.redeem(portal.code()).json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    in_address = portal.browser.get(f"/userinfo?access_token={token}")
    twice = portal.browser.post("/userinfo", data={"access_token": token}, headers=bearer)
    foreign = portal.browser.get("/userinfo", headers={**bearer, "Origin": "https://evil.example"})

    assert (in_address.status_code, in_address.json["error"]) == (400, "invalid_request")
    assert (twice.status_code, twice.json["error"]) == (400, "invalid_request")
    assert foreign.headers.get("Access-Control-Allow-Credentials") is None
    assert foreign.headers.get("Access-Control-Allow-Origin") is None


def test_a_clock_stepped_back_gives_no_second_life(clock, portal):
    """ATTACKS 53: a code that ended stays dead when the server's clock goes back."""
    portal.log_in()
    code = portal.code()
    clock.advance(seconds=61)
    assert invalid_grant(portal.redeem(code))
    clock.advance(seconds=-61)

    assert invalid_grant(portal.redeem(code))


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&scope=%ff",
        b"grant_type=client_credentials&scope=%00",
        b"grant_type=%22%C3%A9",
        b"&".join(b"a%d=1" % number for number in range(100)),
        b"",
    ],
)
def test_strange_forms_get_a_clean_error(portal, body):
    """Authlib's traps: doubled parameters, accents and quotation marks, bytes that are not UTF-8."""
    answer = portal.post("/token", body)

    assert answer.status_code == 400
    assert json.loads(answer.data)["error"] in ("invalid_request", "unsupported_grant_type")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_json_body_or_a_get_is_no_token_request(portal):
    assert portal.browser.post("/token", json={"grant_type": "client_credentials"}).status_code == 400
    assert portal.browser.get("/token").status_code in (404, 405)


def test_refreshed_id_tokens_tell_the_login_not_the_refresh(clock, portal):
    """Authlib's trap: auth_time is not «now» at refresh; access tokens live minutes, not days."""
    portal.log_in()
    first = portal.redeem(portal.code()).json
    clock.advance(minutes=3)

    again = portal.refresh(first["refresh_token"]).json

    before, after = (decode_unverified(one["id_token"])[1] for one in (first, again))
    assert after["auth_time"] == before["auth_time"]
    assert after["iat"] > before["iat"]
    assert again["expires_in"] <= 300
