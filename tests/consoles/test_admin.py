"""The administrator's console: applications, keys, deliveries, switches, staff, audit log, figures."""

import io
import json
import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp import audit, switches
from idp.audit import exporting
from idp.audit.sealing import Sealer
from idp.audit.signing import AuditKey
from idp.db import db
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.provider import keys as key_files
from idp.relying_parties import administration
from idp.relying_parties.models import Client
from idp.settings import Settings
from idp.staff.models import StaffAccount
from tests.consoles.conftest import Colleague

URI = "https://cantine.example.fr/retour"
PAGES = (
    "/gestion/applications",
    "/gestion/applications/nouvelle",
    "/gestion/services",
    "/gestion/services/nouveau",
    "/gestion/ecoles",
    "/gestion/ecoles/nouvelle",
    "/gestion/chiffres",
    "/gestion/journal",
    "/gestion/cles",
    "/gestion/cles/tourner",
    "/gestion/envois",
    "/gestion/arrets",
    "/gestion/arrets/sms",
    "/gestion/personnel",
    "/gestion/personnel/inviter",
)
FORM = {
    "client_name": "Cantine en ligne",
    "redirect_uris": URI,
    "scope": ["profile", "email"],
    "grant_types": ["authorization_code", "refresh_token"],
    "consent": "1",
    "profile": "oidc",
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "ES256",
    "subject_type": "pairwise",
    "application_type": "web",
}


@pytest.fixture
def admin(administrator: Colleague, settings: Settings, key_files_of_tests: None) -> Colleague:
    return administrator.logs_in()


@pytest.fixture
def key_files_of_tests(settings: Settings, key_files: Path) -> None:
    shutil.copytree(key_files, settings.keys.directory, dirs_exist_ok=True)


@pytest.fixture
def cantine(admin: Colleague, app: Flask) -> Colleague:
    """On the page of a new application."""
    admin.opens("/gestion/applications/nouvelle")
    return admin.sends("/gestion/applications/nouvelle", {**FORM, "client_id": "cantine"})


def client(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return administration.describe(db.session.get_one(Client, "cantine"))


def acts(app: Flask, *events: str) -> list[str]:
    with app.app_context():
        lines = db.session.scalars(select(audit.AuditEntry).where(audit.AuditEntry.actor.like("staff:%")))
        return [line.event for line in lines if line.event in events]


def test_every_page_opens_for_an_administrator_and_nobody_else(
    admin: Colleague, head: Colleague, support: Colleague
) -> None:
    for page in PAGES:
        assert admin.opens(page).status == 200, page
    for colleague in (head, support):
        colleague.logs_in()
        for page in PAGES:
            assert colleague.opens(page).status == 403, page


def test_an_application_is_registered_and_its_secret_shown_once(cantine: Colleague, app: Flask) -> None:
    assert cantine.sees("Le nouveau secret est affiché une seule fois.")
    assert client(app)["redirect_uris"] == [URI]
    assert client(app)["scope"] == "openid profile email"
    assert not client(app)["first_party"]

    assert "client_secret</span>" not in cantine.opens("/gestion/applications/cantine").text
    assert acts(app, "client.registered") == ["client.registered"]


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(admin: Colleague) -> None:
    wrong = {**FORM, "client_id": "cantine", "redirect_uris": "http://cantine.example.fr/", "client_name": ""}
    admin.opens("/gestion/applications/nouvelle")
    page = admin.sends("/gestion/applications/nouvelle", wrong)

    assert page.status == 422
    assert 'href="#client_name"' in page.text
    assert "http://cantine.example.fr/" in page.text


def test_an_identifier_is_taken_once(cantine: Colleague) -> None:
    again = cantine.sends("/gestion/applications/nouvelle", {**FORM, "client_id": "cantine"})

    assert again.status == 422
    assert again.sees("Cet identifiant est déjà pris.")


def test_saving_changes_what_the_form_has_and_keeps_the_rest(cantine: Colleague, app: Flask) -> None:
    with app.app_context():
        administration.update("cantine", {"contacts": ["equipe@example.org"]}, by="test", demo=True)
        db.session.commit()

    cantine.sends("/gestion/applications/cantine", {**FORM, "client_name": "Cantine", "scope": ["eleves"]})

    assert client(app)["client_name"] == "Cantine"
    assert client(app)["scope"] == "openid eleves"
    assert client(app)["contacts"] == ["equipe@example.org"]


def test_the_preview_shows_what_the_application_gets(cantine: Colleague) -> None:
    cantine.opens("/gestion/applications/cantine")
    assert cantine.sees("valery.durant@example.org") or cantine.sees("@example.org")

    cantine.sends("/gestion/applications/verifier", {**FORM, "client_id": "cantine", "scope": ["eleves"]})

    assert cantine.sees("Alexis, CE2")
    assert not cantine.sees("2017-03-14")


def test_live_checking_changes_nothing(cantine: Colleague, app: Flask) -> None:
    before = client(app)

    page = cantine.sends("/gestion/applications/verifier", {**FORM, "client_id": "cantine", "redirect_uris": "x"})

    assert page.sees("Ce qui ne va pas encore")
    assert client(app) == before


def test_a_secret_is_changed_with_an_overlap(cantine: Colleague, app: Flask) -> None:
    cantine.sends("/gestion/applications/cantine/secret", heures="2")

    assert cantine.sees("L’ancien secret marche encore jusqu’au")
    assert client(app)["previous_secret_until"]


@pytest.mark.parametrize("hours", ["", "-1", "9999", "x", "²"])
def test_an_overlap_that_is_none_is_refused(cantine: Colleague, hours: str) -> None:
    assert cantine.sends("/gestion/applications/cantine/secret", heures=hours).status == 422


def test_an_application_is_disabled_enabled_and_removed(cantine: Colleague, app: Flask) -> None:
    cantine.sends("/gestion/applications/cantine/desactiver", raison="secret publié")
    assert client(app)["state"] == "disabled"
    cantine.sends("/gestion/applications/cantine/activer")
    assert client(app)["state"] == "on"
    assert cantine.sends("/gestion/applications/cantine/retirer", confirmation="autre").status == 422
    cantine.sends("/gestion/applications/cantine/retirer", confirmation="cantine")

    assert cantine.sees("L’application est retirée.")
    assert cantine.opens("/gestion/applications/cantine").status == 404
    assert acts(app, "client.disabled", "client.enabled", "client.removed") == [
        "client.disabled",
        "client.enabled",
        "client.removed",
    ]


def test_dangerous_pages_ask_for_the_second_factor_again(cantine: Colleague, clock: Any) -> None:
    clock.advance(minutes=6)

    for path in ("/applications/cantine/secret", "/cles/tourner", "/arrets/sms", "/personnel/inviter"):
        assert cantine.opens(f"/gestion{path}").path == "/gestion/confirmer", path


def test_keys_are_rotated_and_one_is_revoked(admin: Colleague, app: Flask, settings: Settings) -> None:
    folder = Path(settings.keys.directory)

    def current() -> str:
        return next(f.kid for f in key_files.list_files(folder) if f.alg == "ES256" and f.state == "current")

    before = current()
    admin.sends("/gestion/cles/tourner")
    after = current()
    assert after != before
    assert admin.opens("/gestion/cles").sees(before)

    admin.sends(f"/gestion/cles/{after}/revoquer")

    assert current() not in (before, after)
    assert after not in admin.opens("/gestion/cles").text
    assert admin.opens("/gestion/cles/inconnue/revoquer").status == 404
    assert acts(app, "key.rotated", "key.revoked") == ["key.rotated", "key.revoked"]


def test_dead_letters_are_sent_again_and_show_no_content(admin: Colleague, app: Flask) -> None:
    with app.app_context():
        message = outbox.queue("mail", "valery@example.org", {"subject": "Code 123456"}, purpose="validate_email")
        message.state, message.last_error = "dead", "550 unknown user"
        db.session.commit()

    page = admin.opens("/gestion/envois")
    assert page.sees("550 unknown user")
    assert not page.sees("valery@example.org")
    assert not page.sees("123456")
    admin.sends("/gestion/envois/renvoyer")

    with app.app_context():
        assert db.session.scalar(select(Message.state)) == "waiting"


def test_sms_are_stopped_for_a_reason_and_started_again(admin: Colleague, app: Flask) -> None:
    assert admin.sends("/gestion/arrets/sms", raison="").status == 422

    admin.sends("/gestion/arrets/sms", raison="fraude en cours")
    assert admin.sees("fraude en cours")
    with app.app_context():
        assert switches.is_off("sms")

    admin.sends("/gestion/arrets/sms", vers="marche")
    with app.app_context():
        assert not switches.is_off("sms")


def test_the_log_is_filtered_and_looking_is_written_down(cantine: Colleague, app: Flask) -> None:
    page = cantine.opens("/gestion/journal?acte=client&qui=administrateur")

    assert page.sees("client.registered")
    assert not page.sees("staff.logged_in")
    assert acts(app, "audit.read") == ["audit.read"]


def test_a_signed_export_is_verified_elsewhere(cantine: Colleague, app: Flask, settings: Settings, tmp_path) -> None:
    with app.app_context():
        Sealer(settings.keys.directory, threading.Event()).seal_all()

    cantine.sends("/gestion/journal/export", acte="client")

    assert cantine.page is not None
    with zipfile.ZipFile(io.BytesIO(cantine.page.data)) as archive:
        archive.extractall(tmp_path)
    key = AuditKey.from_jwk(json.loads((tmp_path / "cle.json").read_text()))
    found = exporting.check(tmp_path / "journal.jsonl", (tmp_path / "journal.jsonl.jws").read_text(), key)
    assert found.lines == 1


def test_somebody_is_invited_and_closed(admin: Colleague, app: Flask) -> None:
    admin.sends("/gestion/personnel/inviter", login="claire.martin", nom="Mme Martin", role="support", academie="Lille")
    assert admin.sees("/gestion/invitation/")
    with app.app_context():
        staff_id = db.session.scalars(select(StaffAccount.id).filter_by(login="claire.martin")).one()

    admin.sends(f"/gestion/personnel/{staff_id}/fermer")

    with app.app_context():
        assert db.session.get_one(StaffAccount, staff_id).disabled_at is not None


@pytest.mark.parametrize("role", ["administrator", "", "root"])
def test_one_administrator_makes_no_other(admin: Colleague, app: Flask, role: str) -> None:
    """ATTACKS 125, 138."""
    answer = admin.sends("/gestion/personnel/inviter", login="mallory", nom="M.", role=role, academie="Lille")

    assert answer.status == 422
    with app.app_context():
        assert db.session.scalar(select(StaffAccount).filter_by(login="mallory")) is None


def test_nobody_closes_their_own_account(admin: Colleague, app: Flask) -> None:
    with app.app_context():
        own = db.session.scalars(select(StaffAccount.id).filter_by(login="administrateur")).one()

    assert admin.sends(f"/gestion/personnel/{own}/fermer").status == 403


def test_figures_count_what_was_sealed(admin: Colleague, app: Flask, settings: Settings) -> None:
    with app.app_context():
        for _ in range(3):
            audit.record("login.succeeded")
        db.session.commit()
        Sealer(settings.keys.directory, threading.Event()).seal_all()

    assert admin.opens("/gestion/chiffres").sees("3 en 24 heures")


def test_lists_are_exported_as_csv(cantine: Colleague) -> None:
    assert cantine.opens("/gestion/applications?export=csv").sees('"cantine"')
    assert cantine.opens("/gestion/personnel?export=csv").sees('"administrateur"')
