"""«Mes connexions»: devices, services, the story of the account, the data to take away."""

import re

import pytest
from sqlalchemy import select

from idp import clock as time
from idp.accounts.models import Account, Session
from idp.db import db, new_id
from idp.grants import consents
from idp.grants.models import Consent, Grant
from idp.relying_parties.models import Client
from tests.journeys.conftest import Parent
from tests.journeys.merger import OTHER_PASSWORD, SEARCH, add_account

PATH = "/compte/connexions"
PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0"


@pytest.fixture
def owner(parent):
    parent.browser.environ_base["HTTP_USER_AGENT"] = PHONE
    return parent.until_end().opens(PATH)


@pytest.fixture
def elsewhere(another_browser, owner):
    """The same parent on another computer."""
    another_browser.browser.environ_base["HTTP_USER_AGENT"] = WINDOWS
    return another_browser.logs_in()


@pytest.fixture
def stranger(app, owner):
    """Somebody else, logged in; has a session, a consent and grants."""
    add_account(app, first_name="Paul")
    paul = Parent(app).logs_in("p.durant1", OTHER_PASSWORD)
    give(app, "p.durant1", "cantine")
    return paul


def give(app, identifiant, client_id, *, first_party=False, consent=True, scope="openid profile eleves"):
    """The account uses a service; the grant's id."""
    with app.app_context():
        now = time.now()
        account = db.session.scalars(select(Account).where(Account.identifiant == identifiant)).one()
        if db.session.get(Client, client_id) is None:
            names = {"client_name": client_id.capitalize(), "metadata_": {}, "first_party": first_party}
            db.session.add(Client(client_id=client_id, created_at=now, updated_at=now, **names))
            db.session.flush()
        if consent:
            consents.give(account.id, client_id, tuple(scope.split()))
        grant = Grant(
            id=new_id(), client_id=client_id, account_id=account.id, scope=scope, created_at=now,
            ends_at=now + time.dt.timedelta(days=30),
        )  # fmt: skip
        db.session.add(grant)
        db.session.commit()
        return grant.id


def session_ids(app, identifiant):
    with app.app_context():
        query = select(Session.public_id).join(Account).where(Account.identifiant == identifiant)
        return list(db.session.scalars(query))


def test_devices_are_told_in_words_this_one_first(owner, elsewhere):
    owner.opens(PATH)

    assert re.findall(r"<h3>([^<]+)</h3>", owner.text) == ["Chrome sur Android", "Firefox sur Windows"]
    assert owner.sees("Cet appareil")
    assert owner.sees("Utilisé le 15 janvier 2026 à 18 h 42")


@pytest.mark.parametrize("agent", ["", "curl/8", "x" * 5000, "<script>alert(1)</script>", "Mozilla/5.0 " + "(" * 200])
def test_a_strange_browser_name_is_only_unknown(owner, another_browser, agent):
    """ATTACKS 128, 108."""
    another_browser.browser.environ_base["HTTP_USER_AGENT"] = agent
    another_browser.logs_in()

    owner.opens(PATH)

    assert owner.page.status_code == 200
    assert "<script>alert" not in owner.page.text


def test_a_device_is_signed_out_from_afar(owner, elsewhere):
    owner.opens(PATH)
    path = re.search(r'action="(/compte/connexions/appareils/[0-9a-f]+/deconnecter)"', owner.text)[1]

    owner.sends(path)

    assert owner.sees("L’appareil est déconnecté.")
    assert elsewhere.opens("/compte").sees("login-form")
    assert owner.opens("/compte").sees("v.durant1")


def test_all_other_devices_are_signed_out_at_once(owner, elsewhere, app):
    owner.opens(PATH).sends(PATH + "/appareils/deconnecter")

    assert owner.sees("Vos autres appareils sont déconnectés.")
    assert elsewhere.opens("/compte").sees("login-form")
    assert len(session_ids(app, "v.durant1")) == 1


def test_another_s_session_cannot_be_ended_nor_told_from_none(owner, stranger, app):
    """ATTACKS 104: IDOR."""
    theirs = session_ids(app, "p.durant1")[0]

    answers = [owner.opens(SEARCH).sends(f"{PATH}/appareils/{id_}/deconnecter").page for id_ in (theirs, "0" * 32)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert _without_incident(answers[0].text) == _without_incident(answers[1].text)
    assert session_ids(app, "p.durant1") == [theirs]


def test_a_service_is_shown_with_the_data_that_it_gets(owner, app):
    give(app, "v.durant1", "cantine")
    give(app, "v.durant1", "portail", first_party=True, consent=False, scope="openid profile email")

    owner.opens(PATH)

    assert owner.sees("Identité, enfants")
    assert owner.sees("Service de l’école")
    assert owner.text.count("/retirer") == 1


def test_withdrawing_ends_the_consent_and_every_grant_of_that_service(owner, app):
    grant, kept = give(app, "v.durant1", "cantine"), give(app, "v.durant1", "garderie")

    owner.opens(PATH).sends(f"{PATH}/services/cantine/retirer")

    assert owner.sees("L’autorisation est retirée.")
    assert owner.sees("Terminé")
    with app.app_context():
        assert db.session.get(Grant, grant).revoked_at is not None
        assert db.session.get(Grant, kept).revoked_at is None
        assert [consent.client_id for consent in db.session.scalars(select(Consent))] == ["garderie"]


def test_another_s_consent_cannot_be_withdrawn_nor_told_from_none(owner, stranger, app):
    """ATTACKS 104: IDOR."""
    answers = [owner.opens(SEARCH).sends(f"{PATH}/services/{id_}/retirer").page for id_ in ("cantine", "nobody")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert _without_incident(answers[0].text) == _without_incident(answers[1].text)
    with app.app_context():
        assert len(db.session.scalars(select(Consent)).all()) == 1
        assert db.session.scalars(select(Grant)).one().revoked_at is None


def test_a_school_s_own_service_is_not_withdrawn(owner, app):
    give(app, "v.durant1", "portail", first_party=True, consent=False)

    assert owner.opens(SEARCH).sends(f"{PATH}/services/portail/retirer").page.status_code == 404


@pytest.mark.parametrize(
    "path", ["/appareils/deconnecter", "/appareils/0123/deconnecter", "/services/cantine/retirer"]
)  # fmt: skip
def test_acts_need_the_page_s_own_form(owner, app, path):
    """ATTACKS 73, 74: neither another site's form nor a GET."""
    give(app, "v.durant1", "cantine")

    assert owner.browser.post(PATH + path, data={}).status_code == 400
    assert owner.browser.get(PATH + path).status_code in (404, 405)


def test_the_story_tells_what_happened_in_plain_words(owner, elsewhere, app):
    give(app, "v.durant1", "cantine")
    Parent(app).logs_in(password="notthisone1")

    owner.opens(PATH)

    for words in ("Votre compte a été créé.", "Vous vous êtes connecté.", "Un mot de passe était incorrect."):
        assert owner.sees(words)
    assert owner.sees("Vous avez autorisé un service : Cantine.")


def test_the_story_of_another_account_is_not_told(owner, stranger):
    assert not owner.opens(PATH).sees("Cantine")


def test_the_data_are_shown_and_downloaded(owner, app):
    give(app, "v.durant1", "cantine")

    owner.opens("/compte/donnees")
    answer = owner.browser.get("/compte/donnees.json")

    assert owner.sees("v.durant1")
    assert owner.sees("Alexis")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mes-donnees-v.durant1.json"'
    assert answer.json["account"]["mobile"] == "+33639981234"
    assert {child["first_name"] for child in answer.json["children"]} == {"Alexis", "Camille"}
    assert answer.json["consents"][0]["client_id"] == "cantine"
    assert {line["event"] for line in answer.json["history"]} >= {"account.created", "consent.given"}


def test_the_data_hold_no_secret_and_nobody_else(owner, stranger):
    """ATTACKS 104."""
    text = owner.browser.get("/compte/donnees.json").text

    assert "argon2" not in text
    assert "p.durant1" not in text
    assert "Paul" not in text
    assert "Zoé" not in text


def test_the_data_ask_for_a_fresh_login(owner, clock):
    clock.advance(minutes=16)

    assert owner.opens("/compte/donnees.json").sees("Écrivez encore une fois votre mot de passe.")


def _without_incident(text):
    return re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "", text)
