"""What the sound samples give, as their tables say."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp.db import db
from idp.registry.models import Enrolment, Link, Pupil, Responsable

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ONDE = tomllib.loads((SAMPLES / "onde/expected.toml").read_text("utf-8"))["first_import"]
SIECLE = tomllib.loads((SAMPLES / "siecle/expected.toml").read_text("utf-8"))
ECOLE, COLLEGE = "0599901S", "0599902T"
Read = Callable[..., Any]


def onde_files() -> list[Path]:
    return [SAMPLES / "onde" / file for file in ONDE["files"]]


def siecle_files() -> list[Path]:
    return [SAMPLES / "siecle" / file for file in SIECLE["files"]]


def people(uai: str) -> dict[str, Responsable]:
    found = db.session.scalars(select(Responsable).filter_by(uai=uai))
    return {f"{person.family_name} {person.first_name}": person for person in found}


@pytest.fixture
def onde(import_batch: Read) -> None:
    import_batch(onde_files(), uai=ECOLE)


@pytest.fixture
def siecle(import_batch: Read) -> None:
    import_batch(siecle_files())


def test_onde_gives_the_school_its_classes_and_families(onde: None) -> None:
    assert len(set(db.session.scalars(select(Enrolment.class_code)))) == ONDE["classes"]
    assert len(db.session.scalars(select(Pupil)).all()) == ONDE["pupils"]
    assert len(db.session.scalars(select(Responsable)).all()) == ONDE["responsables"]
    assert len(db.session.scalars(select(Link)).all()) == ONDE["links_made"]


def test_onde_organisations_have_neither_civility_nor_first_name(onde: None) -> None:
    organisations = db.session.scalars(select(Responsable.family_name).filter_by(is_organisation=True))

    assert list(organisations) == ONDE["organisations"]


def test_children_of_one_name_in_one_class_are_ambiguous(import_batch: Read, read_files: Read) -> None:
    assert not read_files(*onde_files(), uai=ECOLE).defects

    [plan] = import_batch(onde_files(), uai=ECOLE)

    emmas = (
        select(Link)
        .join(Pupil, Pupil.id == Link.pupil_id)
        .where(Pupil.first_name == "Emma", Pupil.family_name == "PETIT")
    )
    assert db.session.scalars(emmas).all() == []
    assert plan.responsables.added.total == ONDE["responsables"]


def test_children_of_one_name_are_told_apart_by_their_class(onde: None) -> None:
    statement = (
        select(Enrolment.class_label)
        .join(Link, Link.pupil_id == Enrolment.pupil_id)
        .join(Responsable, Responsable.id == Link.responsable_id)
        .where(Responsable.family_name == "MARTIN", Responsable.first_name == "Nicolas")
    )

    assert sorted(db.session.scalars(statement)) == sorted(ONDE["homonym"][0]["classes"])


@pytest.mark.parametrize(
    ("file", "count"),
    [
        ("responsables-utf8-bom.csv", 36),
        ("responsables-numero-de-poste.csv", 8),
        ("responsables-windows-1252.csv", 4),
        ("eleves-ancienne-generation.csv", 8),
        ("eleves-extraction-personnalisee.csv", 24),
    ],
)
def test_every_generation_of_onde_is_read(file: str, count: int, read_files: Read) -> None:
    contents = read_files(SAMPLES / "onde/variants" / file, uai=ECOLE)

    assert len(contents.pupils) + len(contents.persons) == count
    assert not contents.defects


def test_windows_letters_meet_the_pupils_of_the_latin_file(import_batch: Read) -> None:
    import_batch([onde_files()[0], SAMPLES / "onde/variants/responsables-windows-1252.csv"], uai=ECOLE)

    assert "CŒURDEROY Françoise-Noëlle" in people(ECOLE)
    assert len(db.session.scalars(select(Link)).all()) == 4


def test_boys_of_the_older_extraction_are_boys(read_files: Read) -> None:
    assert read_files(SAMPLES / "onde/variants/eleves-ancienne-generation.csv", uai=ECOLE).pupils[0].sex == "M"


def test_siecle_counts_are_those_of_the_school(read_files: Read) -> None:
    contents = read_files(*siecle_files())

    assert len(contents.pupils) == SIECLE["pupils_read"]
    assert sum(pupil.is_present for pupil in contents.pupils) == SIECLE["pupils_present"]
    assert len(contents.persons) == SIECLE["persons_read"]
    assert len(contents.links) == SIECLE["links_read"]
    assert [pupil.shown_name for pupil in contents.pupils if pupil.ine is None] == SIECLE["pupils_without_ine"]
    assert not contents.defects


def test_siecle_classes_are_the_structures_of_type_d(siecle: None) -> None:
    assert set(db.session.scalars(select(Enrolment.class_code))) == set(SIECLE["classes"])


def test_siecle_archives_hold_the_same_rows(read_files: Read) -> None:
    assert read_files(*(SAMPLES / "siecle" / file for file in SIECLE["archives"])) == read_files(*siecle_files())


def test_siecle_phones_and_addresses_are_read(siecle: None) -> None:
    found = people(COLLEGE)

    assert found["PAYET Marie Annick"].mobile == "+262693981235"
    without = sorted(name for name, person in found.items() if not person.mobile and not person.is_organisation)
    assert without == sorted(SIECLE["no_mobile"])
    assert found["DA SILVA João"].address["commune"] == "PORTO"
    assert found["PAYET Jean-René"].address == {}


def test_the_first_to_be_called_is_remembered(siecle: None) -> None:
    durant = people(COLLEGE)["DURANT Valéry"]

    assert db.session.scalars(select(Link.is_first_contact).filter_by(responsable_id=durant.id)).all() == [True]


def test_a_hand_edited_utf8_export_is_read(tmp_path: Path, read_files: Read) -> None:
    text = siecle_files()[0].read_text("iso-8859-15")
    edited = tmp_path / "eleves.xml"
    edited.write_text(text.replace("ISO-8859-15", "UTF-8"), "utf-8")

    assert len(read_files(edited).pupils) == SIECLE["pupils_read"]
