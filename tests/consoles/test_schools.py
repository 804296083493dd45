"""The administrator's «Écoles»: all schools, and each of them."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import insert, select

from idp.audit import AuditEntry
from idp.clock import now
from idp.db import db
from idp.registry.models import Import, School
from idp.services import service
from tests.conftest import BOTH_DATABASES
from tests.consoles.conftest import ELSEWHERE, SCHOOL, Colleague

LIST = "/gestion/ecoles"
FORM = {"uai": "0599902T", "nom": "Collège les Trois Tilleuls", "commune": "Lille", "genre": "2"}


@pytest.fixture
def admin(administrator: Colleague) -> Colleague:
    return administrator.logs_in()


def test_each_school_is_listed_with_its_figures_its_last_file_and_its_services(admin: Colleague, app: Flask) -> None:
    with app.app_context():
        db.session.add(Import(uai=SCHOOL, school_year=2025, source="onde", at=now(), counts={"pupils_added": 2}))
        service.put(
            "menus", {"title": "Menus", "link": "https://m.example.fr/", "academies": ["Lille"]}, by="test", demo=False
        )
        db.session.commit()
        today = f"{now():%d/%m/%Y}"

    admin.opens(f"{LIST}?export=csv&tri=uai")

    rows = list(csv.DictReader(io.StringIO(admin.text.removeprefix("\ufeff")), delimiter=";"))
    ours = next(row for row in rows if row["UAI"] == SCHOOL)
    theirs = next(row for row in rows if row["UAI"] == ELSEWHERE)
    assert (ours["Élèves"], ours["Responsables"], ours["Fichier"], ours["Services"]) == (
        "2",
        "1",
        today,
        "Menus",
    )
    assert (theirs["Élèves"], theirs["Responsables"], theirs["Fichier"], theirs["Services"]) == (
        "0",
        "0",
        "",
        "",
    )


@pytest.mark.parametrize("words", ["vieux port", "VIEUX-PORT marseille", "0130003c", "ecole vieux"])
def test_a_school_is_found_by_words_of_its_name_its_commune_or_its_uai(admin: Colleague, words: str) -> None:
    admin.opens(f"{LIST}?q={words}")

    assert admin.sees("École du Vieux-Port")
    assert not admin.sees(SCHOOL)


def test_a_search_by_academie_and_kind(admin: Colleague) -> None:
    assert admin.opens(f"{LIST}?academie=Lille").sees(SCHOOL)
    assert not admin.sees(ELSEWHERE)
    assert admin.opens(f"{LIST}?genre=2").sees("Aucune école ne correspond.")
    assert admin.opens(f"{LIST}?academie=Poudlard").sees("Aucune école ne correspond.")


@pytest.mark.parametrize("query", ["q=%25", "q=_", "q=%00", "q=%ED%A0%80", "genre=9", "tri=nonsense&apres=x"])
def test_a_strange_search_is_answered(admin: Colleague, query: str) -> None:
    assert admin.opens(f"{LIST}?{query}").status == 200


def test_thousands_of_schools_are_paged_and_sorted(admin: Colleague, app: Flask) -> None:
    with app.app_context():
        rows = [
            {"uai": f"{number:07}A", "name": f"École {number:05}", "search_key": f"ecole {number:05}", "short_name": "",
             "degree": 1, "academie": "", "commune": "", "welcome_message": ""}
            for number in range(3000)
        ]  # fmt: skip
        db.session.execute(insert(School), rows)
        db.session.commit()

    assert admin.opens(f"{LIST}?tri=-uai&q=ecole").sees("École 02999")
    assert not admin.sees("École 02900")
    assert 'rel="next"' in admin.text


def test_the_page_of_a_school_says_who_runs_it_what_it_sees_and_its_files(
    admin: Colleague, head: Colleague, app: Flask
) -> None:
    with app.app_context():
        counts = {"pupils_added": 12, "pupils_ended": 3}
        db.session.add(Import(uai=SCHOOL, school_year=2025, source="onde", at=now(), counts=counts))
        service.put("menus", {"title": "Menus", "link": "https://m.example.fr/", "degrees": [1]}, by="test", demo=False)
        service.put(
            "lycee", {"title": "Parcours", "link": "https://p.example.fr/", "degrees": [2]}, by="test", demo=False
        )
        db.session.commit()

    admin.opens(f"{LIST}/{SCHOOL}")

    assert admin.sees("directrice")
    assert admin.sees("Menus")
    assert not admin.sees("Parcours")
    assert admin.sees("2025-2026")
    assert admin.sees(">12<")
    assert not admin.sees("DURANT"), "an administrator sees no family"


def test_a_school_is_added_with_the_academie_of_its_uai(admin: Colleague, app: Flask) -> None:
    admin.opens(f"{LIST}/nouvelle").sends(f"{LIST}/nouvelle", FORM)

    assert admin.path == f"{LIST}/0599902T"
    with app.app_context():
        school = db.session.get_one(School, "0599902T")
        assert (school.name, school.degree, school.academie) == ("Collège les Trois Tilleuls", 2, "Lille")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"uai": "0599902S"}, "uai"),
        ({"uai": "x\x00"}, "uai"),
        ({"uai": "0599901S", "nom": ""}, "nom"),
        ({"nom": "x" * 201}, "nom"),
        ({"nom": "a\u202eb"}, "nom"),
        ({"commune": ""}, "commune"),
        ({"genre": "3"}, "genre-1"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(
    admin: Colleague, app: Flask, changes: dict[str, str], field: str
) -> None:
    admin.opens(f"{LIST}/nouvelle").sends(f"{LIST}/nouvelle", {**FORM, **changes})

    assert admin.status == 422
    assert f'href="#{field}"' in admin.text
    with app.app_context():
        assert db.session.get(School, "0599902T") is None


def test_a_school_is_not_added_twice(admin: Colleague) -> None:
    admin.opens(f"{LIST}/nouvelle").sends(f"{LIST}/nouvelle", FORM)

    admin.sends(f"{LIST}/nouvelle", {**FORM, "nom": "Autre"})

    assert admin.status == 422
    assert admin.sees("Cette école est déjà connue.")


def test_the_name_that_parents_read_is_corrected_and_audited(admin: Colleague, app: Flask) -> None:
    admin.opens(f"{LIST}/nouvelle").sends(f"{LIST}/nouvelle", FORM)
    path = f"{LIST}/0599902T/modifier"

    admin.opens(path).sends(path, nom="Collège des Tilleuls", commune="Lille", genre="2")

    assert admin.opens(f"{LIST}?q=college des").sees("0599902T")
    with app.app_context():
        line = db.session.scalars(select(AuditEntry).where(AuditEntry.event == "school.changed")).one()
        assert line.uai == "0599902T"
        assert str(line.actor).startswith("staff:")
        assert line.ids["members"] == "name"


@BOTH_DATABASES
def test_a_search_means_its_signs_as_they_are(database) -> None:  # type: ignore[no-untyped-def]
    from idp.registry import directory

    db.session.add_all([School(uai="0599901S", name="100% École"), School(uai="0599902T", name="École")])
    db.session.flush()

    found = directory.listed(10, text="100%", academie="", degree=None)

    assert [school.uai for school, _facts in found] == ["0599901S"]
