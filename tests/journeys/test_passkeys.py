"""Passkeys: add one, log in with it; and every crafted answer of ATTACKS 107."""

import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from tests.conftest import BOTH_DATABASES
from tests.journeys.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator
from tests.journeys.key_holder import PATH, KeyHolder, elsewhere, holder, kept, key, passkeys, settings  # noqa: F401
from tests.journeys.merger import OTHER_PASSWORD, SEARCH, Merger, add_account

REFUSED = "Cette clé d’accès n’ouvre pas de compte ici."
NOT_ADDED = "La clé d’accès n’a pas été ajoutée."


def test_the_options_ask_for_a_key_that_names_its_account_and_checks_its_user(holder):
    options = holder.asks_to_add().json["options"]

    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert "v.durant1" not in options["user"]["id"]


@BOTH_DATABASES
def test_a_passkey_opens_the_account_without_a_password(kept, elsewhere):
    elsewhere.logs_in_with(kept)

    assert elsewhere.opens("/compte").sees("v.durant1")


def test_a_passkey_goes_on_to_the_page_that_was_asked(kept, elsewhere):
    elsewhere.opens("/compte/enfants")
    path = elsewhere.path
    options = elsewhere.browser.post(f"{path}/cle/defi", data={"csrf_token": elsewhere.token()}).json

    elsewhere.sends(f"{path}/cle", reponse=kept.gets(options))

    assert elsewhere.path == "/compte/enfants"


@pytest.mark.parametrize(("synced", "amr"), [(False, "hwk user mfa"), (True, "swk user mfa")])
def test_the_session_tells_truly_how_it_was_opened(holder, elsewhere, app, synced, amr):
    key = Authenticator(synced=synced)
    holder.adds(key)

    elsewhere.logs_in_with(key)

    with app.app_context():
        session = db.session.scalars(select(Session).where(Session.amr == amr)).one()
        assert session.acr == "eidas1"


def test_an_authenticator_without_a_counter_works_again_and_again(holder, elsewhere):
    key = Authenticator(counts=False)
    holder.adds(key)

    for _login in (1, 2):
        elsewhere.logs_in_with(key)
        assert elsewhere.opens("/compte").sees("v.durant1")


def test_the_owner_is_told_of_a_new_passkey(holder, key, app):
    """ATTACKS 95, 107."""
    with app.app_context():
        db.session.execute(update(Account).values(email="valery@example.org"))
        db.session.commit()

    holder.adds(key, name="Bcc: http://piege.example\r\nClé")

    with app.app_context():
        mail = db.session.scalars(select(Message).where(Message.purpose == "passkey_added")).one()
        assert mail.recipient == "valery@example.org"
        assert "ouvre maintenant votre compte sans mot de passe" in mail.content["text"]
        assert "http://piege" not in mail.content["text"]
        assert db.session.scalars(select(AuditEntry).where(AuditEntry.event == "passkey.added")).one()


def test_adding_needs_a_login_under_five_minutes_old(holder, clock):
    """ATTACKS 107."""
    clock.advance(minutes=5)

    assert holder.opens(f"{PATH}/cles/ajouter").sees("Écrivez encore une fois votre mot de passe.")


def test_the_challenge_and_the_form_need_it_too(holder, key, clock, app):
    """ATTACKS 107."""
    asked = holder.asks_to_add().json
    clock.advance(minutes=5)

    holder.sends(f"{PATH}/cles/ajouter", flow=asked["flow"], reponse=key.creates(asked["options"]))

    assert holder.sees("login-form")
    assert passkeys(app) == []


ENROLMENTS = {
    "another origin": {"client_data": {"origin": "https://phishing.example"}},
    "another port": {"client_data": {"origin": "http://localhost:9000"}},
    "another RP id": {"rp_id": "phishing.example"},
    "another challenge": {"client_data": {"challenge": "AAAA"}},
    "an assertion": {"client_data": {"type": "webauthn.get"}},
    "a frame of another site": {"client_data": {"crossOrigin": True}},
    "a top origin": {"client_data": {"topOrigin": "https://phishing.example"}},
    "no user verification": {"flags": USER_PRESENT},
    "nobody present": {"flags": USER_VERIFIED},
}


@pytest.mark.parametrize("changes", ENROLMENTS.values(), ids=ENROLMENTS)
def test_a_crafted_key_is_not_added(holder, key, app, changes):
    """ATTACKS 107; Web Authentication §7.1."""
    holder.adds(key, **changes)

    assert (holder.page.status_code, holder.sees(NOT_ADDED)) == (422, True)
    assert passkeys(app) == []


LOGINS = {
    "another origin": {"client_data": {"origin": "https://phishing.example"}},
    "another RP id": {"rp_id": "phishing.example"},
    "another challenge": {"client_data": {"challenge": "AAAA"}},
    "an enrolment": {"client_data": {"type": "webauthn.create"}},
    "a frame of another site": {"client_data": {"crossOrigin": True}},
    "no user verification": {"flags": USER_PRESENT},
    "nobody present": {"flags": USER_VERIFIED},
    "another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "another account's handle": {"handle": b"\x01" * 16},
    "no handle": {"handle": b""},
    "an old counter": {"counter": 0},
}


@pytest.mark.parametrize("changes", LOGINS.values(), ids=LOGINS)
def test_a_crafted_answer_opens_nothing(kept, elsewhere, changes):
    """ATTACKS 107; Web Authentication §7.2."""
    elsewhere.logs_in_with(kept)
    elsewhere = KeyHolder(elsewhere.app)

    elsewhere.logs_in_with(kept, **changes)

    assert (elsewhere.page.status_code, elsewhere.sees(REFUSED)) == (422, True)
    assert elsewhere.opens("/compte").sees("login-form")


HOSTILE = {
    "id": "AA",
    "rawId": "AA",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"},
}


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "é", "\x00", '{"id": 1}', "[" * 5000, "x" * 30_000, json.dumps(HOSTILE)]
)
def test_hostile_text_is_only_refused(holder, elsewhere, answer):
    asked = holder.asks_to_add().json
    elsewhere.asks_to_log_in()

    holder.sends(f"{PATH}/cles/ajouter", flow=asked["flow"], reponse=answer)
    elsewhere.sends(f"{elsewhere.path}/cle", reponse=answer)

    assert (holder.page.status_code, elsewhere.page.status_code) == (422, 422)


def test_a_replayed_answer_opens_nothing(kept, elsewhere, app):
    """ATTACKS 107: the challenge is used up by its first answer."""
    answer = kept.gets(elsewhere.asks_to_log_in())
    path, token = elsewhere.path, elsewhere.token()
    elsewhere.sends(f"{path}/cle", reponse=answer)
    assert elsewhere.opens("/compte").sees("v.durant1")

    thief = KeyHolder(app)
    thief.asks_to_log_in()
    thief.sends(f"{thief.path}/cle", reponse=answer)

    assert thief.sees(REFUSED)
    assert token


def test_a_refused_answer_uses_the_challenge_up(kept, elsewhere):
    """ATTACKS 107."""
    options = elsewhere.asks_to_log_in()
    path, token = elsewhere.path, elsewhere.token()
    elsewhere.sends(f"{path}/cle", reponse=kept.gets(options, rp_id="phishing.example"))

    answer = elsewhere.browser.post(f"{path}/cle", data={"csrf_token": token, "reponse": kept.gets(options)})

    assert answer.status_code == 422


def test_a_challenge_of_another_browser_is_worth_nothing(kept, holder, elsewhere, app):
    """ATTACKS 80, 107: bound to the browser."""
    options = elsewhere.asks_to_log_in()
    other = KeyHolder(app)
    other.asks_to_log_in()

    other.sends(f"{other.path}/cle", reponse=kept.gets(options))

    assert other.sees(REFUSED)
    assert other.sends(f"{elsewhere.path}/cle", reponse=kept.gets(options)).page.status_code in (400, 404)


def test_an_old_challenge_is_worth_nothing(kept, elsewhere, clock):
    options = elsewhere.asks_to_log_in()
    clock.advance(minutes=5)

    assert elsewhere.sends(f"{elsewhere.path}/cle", reponse=kept.gets(options)).sees(REFUSED)


def test_a_challenge_for_a_login_adds_no_key(holder, key, app):
    """ATTACKS 80, 107: bound to its purpose."""
    options = holder.asks_to_log_in()
    flow_id = holder.flow_id
    holder.opens(SEARCH)
    options["user"] = {"id": "AA"}

    holder.sends(f"{PATH}/cles/ajouter", flow=flow_id, reponse=key.creates(options), nom="x")

    assert holder.page.status_code == 404
    assert passkeys(app) == []


def test_a_key_that_is_known_is_not_added_to_another_account(kept, app):
    add_account(app, first_name="Paul")
    paul = KeyHolder(app)
    paul.logs_in("p.durant1", OTHER_PASSWORD)

    assert paul.adds(kept).sees(NOT_ADDED)
    assert len(passkeys(app)) == 1


def test_an_account_has_ten_keys_at_most(holder, app):
    for _key in range(10):
        holder.adds(Authenticator())

    assert holder.adds(Authenticator()).sees("Vous avez déjà 10 clés d’accès.")
    assert len(passkeys(app)) == 10


def test_a_key_of_a_suspended_account_opens_nothing(kept, elsewhere, app):
    with app.app_context():
        db.session.execute(update(Account).values(state="suspended"))
        db.session.commit()

    assert elsewhere.logs_in_with(kept).sees("Ce compte est suspendu.")


def test_a_key_of_a_merged_account_says_where_it_went_and_opens_nothing(holder, app, clock):
    """ATTACKS 95, 101: a key planted on the other account does not come along."""
    add_account(app)
    planter, key = KeyHolder(app), Authenticator()
    planter.logs_in("v.durant2", OTHER_PASSWORD)
    planter.adds(key)
    merger = Merger(app)
    merger.logs_in()
    merger.merges()

    planter.logs_in_with(key)

    assert planter.sees("Ce compte est regroupé avec le compte v.durant1.")
    assert planter.opens("/compte").sees("login-form")


def test_refused_keys_count_against_their_address(kept, elsewhere, app, settings):
    """ATTACKS 81."""
    stranger = Authenticator()
    for _try in range(settings.login.failures_per_address):
        options = elsewhere.asks_to_log_in()
        answer = {"csrf_token": elsewhere.token(), "reponse": stranger.gets(options)}
        elsewhere.browser.post(f"{elsewhere.path}/cle", data=answer)

    assert elsewhere.logs_in_with(kept).page.status_code == 429


def test_the_forms_need_the_page_s_own_token(kept, holder):
    """ATTACKS 73."""
    paths = [f"{PATH}/cles/defi", f"{PATH}/cles/ajouter", f"{PATH}/cles/{'0' * 32}/supprimer", "/connexion/x/cle"]

    assert [holder.browser.post(path, data={}).status_code for path in paths] == [400] * 4


def test_the_button_is_hidden_without_script(parent):
    parent.opens("/connexion")

    form = re.search(r'<form id="cle-form"[^>]*>', parent.text)[0]
    assert form.endswith(" hidden>")


def test_the_page_may_only_talk_to_us(parent):
    assert "connect-src 'self'" in parent.opens("/connexion").page.headers["Content-Security-Policy"]


def test_the_data_to_take_away_name_the_keys_without_their_secrets(kept, holder):
    downloaded = json.loads(holder.opens("/compte/donnees.json").page.data)

    assert [key["name"] for key in downloaded["passkeys"]] == ["Téléphone"]
    assert set(downloaded["passkeys"][0]) == {"name", "synced", "created_at", "last_used_at"}
