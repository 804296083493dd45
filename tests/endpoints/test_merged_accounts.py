"""What services see of two accounts that became one (docs/merging.md)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from idp import clock as time
from idp.accounts import merges
from idp.accounts.models import Account
from idp.db import db
from idp.flows import merging
from tests.endpoints.conftest import RelyingParty, answer_of

OTHER = "c.martin2"


@pytest.fixture
def other(app, portal):
    """The second account of the parent at the portal's browser; its id."""
    portal.log_in()
    with app.app_context():
        now = time.now()
        account = Account(
            identifiant=OTHER, family_name="Martin", first_name="Claire", created_at=now, updated_at=now
        )  # fmt: skip
        db.session.add(account)
        db.session.commit()
        return account.id


@pytest.fixture
def merge(app, portal, other):
    def close() -> None:
        with app.app_context():
            held = merges.lock([portal.account_id, other])
            merging.close(held[portal.account_id], held[other])
            db.session.commit()

    return close


def as_other(app, portal, other) -> RelyingParty:
    """The same service, in a browser where the other account is logged in."""
    party = RelyingParty(app, portal.client_id)
    party.account_id = other
    party.log_in()
    return party


def tokens_of(party, **changes):
    return party.redeem(party.code(**changes)).get_json()


def subject_of(party):
    return party.userinfo(tokens_of(party)["access_token"]).get_json()["sub"]


def test_services_see_one_sub_and_can_learn_the_former_one(app, portal, other, merge):
    mine, former = subject_of(portal), subject_of(as_other(app, portal, other))

    merge()

    claims = portal.userinfo(tokens_of(portal)["access_token"]).get_json()
    assert (claims["sub"], claims["former_subs"]) == (mine, [former])


def test_a_token_from_before_shows_the_merge_at_once(app, portal, merge):
    token = tokens_of(portal)["access_token"]
    assert "former_subs" not in portal.userinfo(token).get_json()

    merge()

    assert len(portal.userinfo(token).get_json()["former_subs"]) == 1


def test_the_former_sub_is_that_of_the_service_s_own_sector(app, portal, other, merge, register):
    """ATTACKS 48: two services cannot find each other's families by it."""
    uri = "https://cantine.example.fr/retour"
    elsewhere = register("cantine", redirect_uris=[uri])
    elsewhere.account_id = portal.account_id
    elsewhere.log_in()
    merge()

    code = parse_qs(urlsplit(elsewhere.authorize(redirect_uri=uri).location).query)["code"][0]
    token = elsewhere.redeem(code, redirect_uri=uri).get_json()["access_token"]

    there = elsewhere.userinfo(token).get_json()
    here = portal.userinfo(tokens_of(portal)["access_token"]).get_json()
    assert len({here["sub"], there["sub"], *here["former_subs"], *there["former_subs"]}) == 4


def test_everything_given_by_the_closed_account_is_dead(app, portal, other, merge):
    """ATTACKS 71: access token, refresh token, offline grant, code on its way."""
    closed = as_other(app, portal, other)
    online, offline = tokens_of(closed), tokens_of(closed, scope="openid offline_access", prompt="consent")
    waiting = closed.code()

    merge()

    assert closed.userinfo(online["access_token"]).status_code == 401
    for given in (online, offline):
        assert closed.refresh(given["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert closed.redeem(waiting).get_json()["error"] == "invalid_grant"
    assert answer_of(closed.authorize(prompt="none"))["error"] == "login_required"


def test_the_session_and_tokens_of_the_kept_account_go_on(portal, merge):
    given = tokens_of(portal)

    merge()

    assert portal.userinfo(given["access_token"]).status_code == 200
    assert portal.refresh(given["refresh_token"]).status_code == 200
    assert "code" in answer_of(portal.authorize(prompt="none"))


def test_a_hint_with_the_former_sub_finds_its_person(app, portal, other, merge):
    hint = tokens_of(as_other(app, portal, other))["id_token"]
    merge()

    assert "code" in answer_of(portal.authorize(prompt="none", id_token_hint=hint))


def test_after_an_undo_each_account_has_its_own_sub_again(app, portal, other, merge):
    former = subject_of(as_other(app, portal, other))
    merge()

    with app.app_context():
        merging.undo(OTHER, language="fr")
        db.session.commit()

    assert "former_subs" not in portal.userinfo(tokens_of(portal)["access_token"]).get_json()
    assert subject_of(as_other(app, portal, other)) == former
    with app.app_context():
        assert set(db.session.scalars(select(Account.state))) == {"active"}
