"""The `claims` parameter and the claims of scopes (OpenID Connect Core §5.4, §5.5)."""

import json

import pytest
from sqlalchemy import select

from idp.accounts.models import Account, AccountResponsable
from idp.audit import AuditEntry
from idp.db import db
from idp.registry.models import Responsable, School
from tests.endpoints.conftest import FRONT_CHANNEL, answer_of, identity_of


def ask(**members):
    return json.dumps(members)


def tokens_for(party, **changes):
    party.log_in()
    return party.redeem(party.code(**changes)).json


def test_a_claim_asked_for_userinfo_comes_there_and_not_in_the_id_token(portal):
    tokens = tokens_for(portal, scope="openid", claims=ask(userinfo={"name": {"essential": True}}))

    assert portal.userinfo(tokens["access_token"]).json["name"] == "Claire Martin"
    assert "name" not in identity_of(portal, tokens["id_token"])


def test_a_claim_asked_for_the_id_token_comes_there_alone(portal):
    tokens = tokens_for(portal, scope="openid", claims=ask(id_token={"email": None}))

    assert identity_of(portal, tokens["id_token"])["email"] == "claire@example.fr"
    assert portal.userinfo(tokens["access_token"]).json.keys() == {"sub"}


@pytest.mark.parametrize("use", [lambda p, t: t, lambda p, t: p.refresh(t["refresh_token"]).json])
def test_what_was_asked_for_stays_after_a_refresh(portal, use):
    asked = ask(id_token={"email": None}, userinfo={"given_name": None})
    tokens = use(portal, tokens_for(portal, scope="openid", claims=asked))

    assert identity_of(portal, tokens["id_token"])["email"] == "claire@example.fr"
    assert portal.userinfo(tokens["access_token"]).json["given_name"] == "Claire"


@pytest.mark.parametrize(
    ("request_", "comes"),
    [
        ({"value": "Claire"}, True),
        ({"values": ["Paul", "Claire"]}, True),
        ({"value": "Paul"}, False),
        ({"values": []}, False),
    ],
)
def test_a_value_that_the_account_does_not_have_is_left_out(portal, request_, comes):
    tokens = tokens_for(portal, scope="openid", claims=ask(userinfo={"given_name": request_}))

    assert ("given_name" in portal.userinfo(tokens["access_token"]).json) is comes


def test_a_client_never_gets_a_claim_of_a_scope_that_it_may_not_have(register):
    """ATTACKS 49: silently left out."""
    party = register("cantine", scope="openid email")
    asked = ask(userinfo={"eleves": {"essential": True}, "name": None, "email": None}, id_token={"name": None})
    tokens = tokens_for(party, scope="openid", claims=asked)

    assert party.userinfo(tokens["access_token"]).json.keys() == {"sub", "email"}
    assert "name" not in identity_of(party, tokens["id_token"])


def test_a_claim_never_replaces_what_the_id_token_says_of_itself(portal):
    tokens = tokens_for(portal, scope="openid", claims=ask(id_token={"iss": {"value": "x"}, "aud": None, "exp": None}))

    claims = identity_of(portal, tokens["id_token"])
    assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:8000", "portail")


def test_a_claim_asked_for_one_by_one_needs_the_parents_consent_too(register):
    """ATTACKS 49: no way round the consent page."""
    party = register("cantine", first_party=False)
    party.log_in()

    page = party.browser.get(party.authorize(scope="openid", claims=ask(userinfo={"email": None})).location)

    assert "Votre adresse e-mail" in page.text


def test_the_consent_given_is_in_the_audit_log_with_what_it_covers(register, app):
    """ATTACKS 49."""
    party = register("cantine", first_party=False)
    party.log_in()

    party.agrees_at(party.authorize(scope="openid", claims=ask(userinfo={"email": None})))

    with app.app_context():
        line = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "consent.given")).one()
    assert (line.account_id, line.client_id, line.ids) == (party.account_id, "cantine", {"scope": "openid email"})


@pytest.mark.parametrize(
    "claims",
    [
        "[]",
        "{",
        '"a"',
        '{"userinfo": []}',
        '{"userinfo": {"name": "x"}}',
        '{"id_token": {"name": {"essential": "yes"}}}',
        '{"id_token": {"sub": {"values": ["a", "b"]}}}',
        "[" * 4000,
        '{"userinfo": {"name": {"values": "x"}}}',
    ],
)
def test_a_malformed_claims_parameter_is_refused(portal, claims):
    portal.log_in()

    assert answer_of(portal.authorize(claims=claims))["error"] == "invalid_request"


def test_an_essential_acr_that_nobody_can_reach_is_refused(portal):
    portal.log_in()

    answer = answer_of(portal.authorize(claims=ask(id_token={"acr": {"essential": True, "values": ["eidas3"]}})))

    assert answer["error"] == "unmet_authentication_requirements"


@pytest.mark.parametrize("asked", [{"essential": True, "value": "eidas1"}, {"value": "eidas3"}, {"essential": True}])
def test_an_acr_that_is_met_or_voluntary_passes(portal, asked):
    tokens = tokens_for(portal, claims=ask(id_token={"acr": asked}), acr_values="eidas2 eidas1")

    assert identity_of(portal, tokens["id_token"])["acr"] == "eidas1"


def test_another_subject_must_log_in_first(portal):
    subject = identity_of(portal, tokens_for(portal)["id_token"])["sub"]

    same = portal.authorize(prompt="none", claims=ask(id_token={"sub": {"value": subject}}))
    other = portal.authorize(prompt="none", claims=ask(id_token={"sub": {"value": "x" * 43}}))

    assert "code" in answer_of(same)
    assert answer_of(other)["error"] == "login_required"


@FRONT_CHANNEL
def test_an_id_token_alone_carries_the_claims_of_the_scopes_but_never_the_children(register):
    party = register("appli", response_types=["id_token"], grant_types=["implicit"])
    party.log_in()

    answer = answer_of(party.authorize(response_type="id_token", scope="openid profile email eleves"), "fragment")

    claims = identity_of(party, answer["id_token"])
    assert (claims["name"], claims["email"]) == ("Claire Martin", "claire@example.fr")
    assert "eleves" not in claims


def test_the_profile_holds_what_the_account_has_and_nothing_blank(portal, app):
    tokens = tokens_for(portal, scope="openid profile email phone address")

    claims = portal.userinfo(tokens["access_token"]).json
    assert claims.keys() == {
        "sub",
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "updated_at",
        "email",
        "email_verified",
    }
    with app.app_context():
        db.session.get(Account, portal.account_id).civility = "Mme"
        db.session.commit()
    assert portal.userinfo(tokens["access_token"]).json["gender"] == "female"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_address_is_the_one_that_the_school_knows(portal, app):
    portal.log_in()
    with app.app_context():
        db.session.add(School(uai="0010001A", name="École des Tilleuls"))
        db.session.flush()
        where = {"lines": "3 rue des Lilas", "postcode": "59000", "commune": "Lille", "country": ""}
        person = Responsable(uai="0010001A", family_name="Martin", family_key="MARTIN", address=where)
        db.session.add(person)
        db.session.flush()
        db.session.add(AccountResponsable(responsable_id=person.id, account_id=portal.account_id))
        db.session.commit()

    tokens = portal.redeem(portal.code(scope="openid address")).json

    assert portal.userinfo(tokens["access_token"]).json["address"] == {
        "formatted": "3 rue des Lilas\n59000 Lille",
        "street_address": "3 rue des Lilas",
        "postal_code": "59000",
        "locality": "Lille",
    }
