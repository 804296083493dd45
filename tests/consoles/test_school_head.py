"""The school head's console: families, pupils, corrections, letters, the message."""

import csv
import datetime as dt
import io
import re

import msgspec
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from idp.audit import AuditEntry
from idp.db import db
from idp.registry.models import Correction, Import, Pupil, Responsable, School
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import SCHOOL
from tests.journeys.conftest import BIRTH_DATES, LETTER

ROOT = f"/gestion/ecoles/{SCHOOL}"
SEEN = {"motif": "saisie", "vu": "1"}


def pupil_id(app, first_name="Alexis"):
    with app.app_context():
        return db.session.scalars(select(Pupil.id).where(Pupil.first_name == first_name)).one()


def rows(page):
    return list(csv.reader(io.StringIO(page.text.removeprefix("\ufeff")), delimiter=";"))


@BOTH_DATABASES
def test_families_are_listed_with_children_mobile_and_account(director):
    director.opens(f"{ROOT}/familles?tri=-etat")

    for words in ("DURANT Valéry", "Camille, Alexis", "CE2 A", "06 39 98 12 34", "Sans compte"):
        assert director.sees(words), words


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dur", True),
        ("DURANT val", True),
        ("alexis", True),
        ("06 39 98 12 34", True),
        ("personne", False),
        ("%", False),
    ],
)
def test_families_are_found_by_the_beginning_of_names_a_child_or_the_mobile(director, typed, found):
    director.page = director.browser.get(f"{ROOT}/familles", query_string={"q": typed})

    assert director.sees("DURANT Valéry") is found


@BOTH_DATABASES
def test_families_are_narrowed_by_class_and_state(director, parent):
    parent.until_end()

    assert director.opens(f"{ROOT}/familles?etat=active&classe=CE2 A").sees("DURANT Valéry")
    assert not director.opens(f"{ROOT}/familles?etat=none").sees("DURANT Valéry")
    assert not director.opens(f"{ROOT}/familles?classe=CM2").sees("DURANT Valéry")


def test_the_head_reads_until_when_the_last_years_file_holds(app, director, clock):
    """Pupils of a finished school year end half a year after it, when no file comes."""
    app.config["IDP"] = settings = msgspec.structs.replace(
        app.config["IDP"], server=msgspec.structs.replace(app.config["IDP"].server, demo=False)
    )
    with app.app_context():
        db.session.add(Import(uai=SCHOOL, school_year=2025, source="onde", at=clock()))
        db.session.commit()
    assert not director.opens(f"{ROOT}/fichier").sees("n’est pas arrivé")

    clock.set(clock().replace(month=9))
    director.logs_in()

    assert director.opens(f"{ROOT}/fichier").sees("Envoyez-le avant le 28 janvier 2027.")
    clock.advance(days=settings.retention.unrenewed_days)
    director.logs_in()
    assert director.opens(f"{ROOT}/fichier").sees("Aucun élève n’est plus montré aux familles")


@BOTH_DATABASES
def test_the_export_holds_what_was_searched_and_is_audited(director):
    assert rows(director.opens(f"{ROOT}/familles?q=durant&export=csv"))[1:] == [
        ["DURANT Valéry", "Camille, Alexis", "CE2 A", "06 39 98 12 34", "Sans compte"]
    ]
    assert director.page.headers["Content-Disposition"] == f'attachment; filename="familles-{SCHOOL}.csv"'

    with director.app.app_context():
        line = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "staff.exported")).one()
    assert line.uai == SCHOOL


def test_a_name_that_is_a_formula_is_text_in_the_export(director):
    """ATTACKS 127."""
    with director.app.app_context():
        db.session.scalars(select(Pupil).where(Pupil.first_name == "Alexis")).one().first_name = "=HYPERLINK(1)"
        db.session.commit()

    cells = [cell for row in rows(director.opens(f"{ROOT}/eleves?export=csv")) for cell in row]

    assert "DURAND =HYPERLINK(1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_one_family_shows_the_account_the_letters_and_with_what_one_was_used(director, reader):
    """ATTACKS 102."""
    reader.browser.environ_base["HTTP_USER_AGENT"] = "Téléphone de Valéry".encode().decode("latin-1")
    reader.uses_letter().gives_dates().takes_password()
    director.opens(f"{ROOT}/familles?q=durant")
    path = re.search(rf'href="({ROOT}/familles/[0-9a-f]+)"', director.text).group(1)

    director.opens(path)

    assert director.sees("v.durant1")
    assert director.sees("Utilisé le 15/01/2026")


def test_a_barred_family_is_told_to_the_head(director, parent):
    """ATTACKS 85."""
    parent.until_dates()
    for _ in range(5):
        parent.enters_dates(dict.fromkeys(BIRTH_DATES, dt.date(2016, 1, 1)))
    director.opens(f"{ROOT}/familles?q=durant")
    path = re.search(rf'href="({ROOT}/familles/[0-9a-f]+)"', director.text).group(1)

    assert director.opens(path).sees("L’inscription par SMS est fermée jusqu’à")


def test_a_corrected_birth_date_counts_at_once_and_its_state_is_shown(director, app):
    path = f"{ROOT}/eleves/{pupil_id(app)}"

    director.opens(f"{path}/corriger").sends(f"{path}/corriger", jour="14", mois="4", annee="2017", **SEEN)

    assert director.path == path
    assert director.sees("La correction est enregistrée.")
    assert director.sees("14/04/2017")
    assert director.sees("en vigueur")


def test_a_correction_with_a_delay_waits_and_says_until_when(director, app, settings):
    """J10: «prise en compte sous quelques jours»."""
    delayed = msgspec.structs.replace(settings.registry, correction_delay_hours=72)
    app.config["IDP"] = msgspec.structs.replace(settings, registry=delayed)
    path = f"{ROOT}/eleves/{pupil_id(app)}"
    assert director.opens(f"{path}/corriger").sees("sous quelques jours (72 heures)")

    director.sends(f"{path}/corriger", jour="14", mois="4", annee="2017", **SEEN)

    assert director.sees("en vigueur le 18/01/2026 18:4")
    assert director.sees("14/03/2017")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"jour": "31", "mois": "2", "annee": "2017", **SEEN}, "Cette date n’est pas celle d’un élève."),
        ({"jour": "1", "mois": "1", "annee": "1950", **SEEN}, "Cette date n’est pas celle d’un élève."),
        ({"jour": "14", "mois": "4", "annee": "2017", "motif": "saisie"}, "Cochez la case"),
        ({"jour": "14", "mois": "4", "annee": "2017", "vu": "1"}, "Choisissez un motif."),
    ],
)
def test_a_correction_without_a_real_date_a_reason_or_a_document_is_refused(director, app, fields, told):
    path = f"{ROOT}/eleves/{pupil_id(app)}/corriger"

    director.opens(path).sends(path, **fields)

    assert director.status == 422
    assert director.sees(told)
    with app.app_context():
        assert db.session.scalars(select(Correction)).all() == []


def test_a_corrected_mobile_and_name_are_kept_together_with_who_and_why(director, app, family):
    path = f"{ROOT}/familles/{family[0]}/corriger"
    values = {"mobile": "06 39 98 55 55", "family_name": "DURANT", "usage_name": "PETIT", "first_name": "Valéry"}

    director.opens(path).sends(path, **values, motif="changement", vu="1")

    assert director.sees("La correction est enregistrée.")
    with app.app_context():
        made = {row.field: row.value for row in db.session.scalars(select(Correction))}
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "staff.corrected")).all()
        assert db.session.get_one(Responsable, family[0]).mobile == "+33639985555"
    assert made == {"mobile": "+33639985555", "usage_name": "PETIT"}
    assert {line.ids["reason"] for line in lines} == {"changement"}
    assert "39985555" not in str([line.ids for line in lines])


def test_one_wrong_value_keeps_none_of_the_correction(director, app, family):
    path = f"{ROOT}/familles/{family[0]}/corriger"
    values = {"mobile": "12", "family_name": "DURANT", "usage_name": "PETIT", "first_name": "Valéry"}

    director.opens(path).sends(path, **values, **SEEN)

    assert director.status == 422
    assert director.sees("Ce n’est pas un numéro de mobile.")
    with app.app_context():
        assert db.session.scalars(select(Correction)).all() == []


def test_a_correction_asks_for_the_second_factor_again(director, app, family):
    director.clock.advance(minutes=5)

    assert director.opens(f"{ROOT}/familles/{family[0]}/corriger").path == "/gestion/confirmer"
    assert director.opens(f"{ROOT}/eleves/{pupil_id(app)}/corriger").path == "/gestion/confirmer"


def test_letters_of_a_class_are_a_pdf_with_each_parents_password(director):
    director.opens(f"{ROOT}/courriers").sends(f"{ROOT}/courriers", classe="CE2 A")

    assert director.page.mimetype == "application/pdf"
    assert director.page.headers["Cache-Control"] == "no-store"
    text = PdfReader(io.BytesIO(director.page.data)).pages[0].extract_text()
    assert "v.durant1" in text


def test_a_letter_that_is_still_good_is_not_replaced_unless_it_is_asked(director, parent):
    director.opens(f"{ROOT}/courriers").sends(f"{ROOT}/courriers", classe="")

    director.opens(f"{ROOT}/courriers").sends(f"{ROOT}/courriers", classe="")
    assert director.status == 422
    assert director.sees("Il n’y a personne à qui écrire.")
    director.sends(f"{ROOT}/courriers", classe="", tous="1")

    assert director.page.mimetype == "application/pdf"


def test_one_familys_letter_gives_a_password_that_works(director, family, another_browser):
    director.opens(f"{ROOT}/familles/{family[0]}").sends(f"{ROOT}/familles/{family[0]}/courrier")
    text = PdfReader(io.BytesIO(director.page.data)).pages[0].extract_text()
    password = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", text).group(0)

    another_browser.logs_in(password=password)

    assert "/activation/" in another_browser.path


def test_letters_ask_for_the_second_factor_again(director):
    director.clock.advance(minutes=5)

    assert director.opens(f"{ROOT}/courriers").path == "/gestion/confirmer"


@BOTH_DATABASES
def test_the_chart_counts_the_families_of_each_class(director, parent, add_father):
    add_father()
    parent.until_end()

    director.opens(f"{ROOT}/comptes")

    assert director.sees("1 sur 2")
    assert director.sees("50 %")


def test_the_welcome_message_is_plain_text_that_the_portal_shows(director, app):
    director.opens(f"{ROOT}/accueil").sends(f"{ROOT}/accueil", message="  <b>Bonjour</b>\r\nà tous\x00 ")

    assert director.sees("Le message est enregistré.")
    with app.app_context():
        assert db.session.get_one(School, SCHOOL).welcome_message == "<b>Bonjour</b>\nà tous"


def test_a_welcome_message_that_is_too_long_comes_back_to_be_cut(director):
    director.opens(f"{ROOT}/accueil").sends(f"{ROOT}/accueil", message="a" * 501)

    assert director.status == 422
    assert director.sees("Le message a 501 caractères.")


def test_a_head_of_several_schools_chooses_one(hire, add_second_school):
    add_second_school()
    person = hire("principal", "school_head", uais=[SCHOOL, "0590002B"])

    person.logs_in()

    assert person.sees("Mes écoles")
    assert person.sees("/gestion/ecoles/0590002B/familles")


def test_the_parents_letter_of_the_tests_is_one_of_the_heads(director, family, print_letters):
    """A letter that the command printed is seen here too."""
    print_letters(LETTER)

    assert director.opens(f"{ROOT}/familles/{family[0]}").sees("Valable jusqu’au")
