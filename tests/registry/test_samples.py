"""What the sound samples give, as their tables say."""

import tomllib
from pathlib import Path

import pytest

from idp.registry.picture import join, read_file
from idp.registry.records import PersonFile, Picture, PupilFile

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ONDE = tomllib.loads((SAMPLES / "onde/expected.toml").read_text("utf-8"))["first_import"]
SIECLE = tomllib.loads((SAMPLES / "siecle/expected.toml").read_text("utf-8"))


def read(folder: str, files: list[str], school: str) -> Picture:
    return join([read_file(SAMPLES / folder / file, school, 2025) for file in files], school, 2025)


@pytest.fixture(scope="module")
def onde() -> Picture:
    return read("onde", ONDE["files"], "0599901S")


@pytest.fixture(scope="module")
def siecle() -> Picture:
    return read("siecle", SIECLE["files"], "0599902T")


def test_onde_counts_are_those_of_the_school(onde: Picture) -> None:
    assert onde.persons is not None
    assert len(onde.pupils) == ONDE["pupils"]
    assert len(onde.persons) == ONDE["responsables"]
    assert len(onde.links) == ONDE["links_made"]
    assert len({pupil.class_code for pupil in onde.pupils}) == ONDE["classes"]


def test_onde_organisations_have_neither_civility_nor_first_name(onde: Picture) -> None:
    assert [person.family_name for person in onde.persons or [] if person.is_organisation] == ONDE["organisations"]


def test_children_of_one_name_in_one_class_are_ambiguous(onde: Picture) -> None:
    ambiguous = [defect for defect in onde.defects if defect.code == "row_child_ambiguous"]

    assert [defect.line for defect in ambiguous] == ONDE["ambiguous"][0]["lines"]
    assert ambiguous == onde.defects


def test_children_of_one_name_are_told_apart_by_their_class(onde: Picture) -> None:
    fathers = {}
    for link in onde.links:
        person = (onde.persons or [])[link.person]
        if person.identity == ("martin", "nicolas"):
            fathers[person.line] = onde.pupils[link.pupil].class_label

    assert sorted(fathers.values()) == sorted(ONDE["homonym"][0]["classes"])


@pytest.mark.parametrize(
    ("file", "count", "defects"),
    [
        ("responsables-utf8-bom.csv", 36, 0),
        ("responsables-numero-de-poste.csv", 8, 0),
        ("responsables-windows-1252.csv", 4, 0),
        ("eleves-ancienne-generation.csv", 8, 0),
        ("eleves-extraction-personnalisee.csv", 24, 0),
    ],
)
def test_every_generation_of_onde_is_read(file: str, count: int, defects: int) -> None:
    read_back = read_file(SAMPLES / "onde/variants" / file, "0599901S", 2025)

    rows = read_back.pupils if isinstance(read_back, PupilFile) else read_back.persons
    assert (len(rows), len(read_back.defects)) == (count, defects)


def test_windows_letters_meet_the_pupils_of_the_latin_file() -> None:
    files = ["CSVExtraction-eleves.csv", "variants/responsables-windows-1252.csv"]

    picture = read("onde", files, "0599901S")

    assert len(picture.links) == 4
    assert (picture.persons or [])[0].family_name == "CŒURDEROY"


def test_boys_of_the_older_extraction_are_boys() -> None:
    file = read_file(SAMPLES / "onde/variants/eleves-ancienne-generation.csv", "0599901S", 2025)

    assert isinstance(file, PupilFile)
    assert file.pupils[0].sex == "M"


def test_siecle_counts_are_those_of_the_school(siecle: Picture) -> None:
    present = [pupil for pupil in siecle.pupils if pupil.is_present]

    assert len(siecle.pupils) == SIECLE["pupils_read"]
    assert len(present) == SIECLE["pupils_present"]
    assert len(siecle.persons or []) == SIECLE["persons_read"]
    assert len(siecle.links) == SIECLE["links_read"]
    assert sorted({pupil.class_code for pupil in siecle.pupils}) == SIECLE["classes"]
    assert [pupil.shown_name for pupil in siecle.pupils if pupil.ine is None] == SIECLE["pupils_without_ine"]
    assert not siecle.defects


def test_siecle_archives_hold_the_same_bytes(siecle: Picture) -> None:
    assert read("siecle", SIECLE["archives"], "0599902T") == siecle


def test_siecle_phones_and_addresses_are_read(siecle: Picture) -> None:
    persons = {f"{person.family_name} {person.first_name}": person for person in siecle.persons or []}

    assert persons["PAYET Marie Annick"].mobile == "+262693981235"
    assert sorted(
        name for name, person in persons.items() if not person.mobile and not person.is_organisation
    ) == sorted(SIECLE["no_mobile"])
    assert persons["DA SILVA João"].address["commune"] == "PORTO"
    assert persons["PAYET Jean-René"].address == {}


def test_a_hand_edited_utf8_export_is_read(tmp_path: Path) -> None:
    text = (SAMPLES / "siecle/ElevesAvecAdresses.xml").read_text("iso-8859-15")
    edited = tmp_path / "eleves.xml"
    edited.write_text(text.replace("ISO-8859-15", "UTF-8"), "utf-8")

    file = read_file(edited, "0599902T", 2025)

    assert not isinstance(file, PersonFile)
    assert len(file.pupils) == SIECLE["pupils_read"]
