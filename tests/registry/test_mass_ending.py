"""A file that would cut many parents from children who stay waits for a yes (ATTACKS 122)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.db import db
from idp.registry.errors import ImportRefused, MassEnding
from idp.registry.importing import Consent
from idp.registry.models import Link
from tests.conftest import BOTH_DATABASES
from tests.registry.conftest import COLLEGE, ECOLE

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ONDE = ["CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv"]
SIECLE = ["ElevesAvecAdresses.xml", "ResponsablesAvecAdresses.xml"]
ENDING = Consent(mass_ending=frozenset([ECOLE]))
PUPILS = "Nom élève;Prénom élève;Date naissance;Libellé classe\n"
PARENTS = (
    "Civilité Responsable;Nom responsable;Prénom responsable;Téléphone portable"
    + ";Nom de famille enfant;Prénom enfant" * 2
    + "\n"
)
FIRST = ("Aîné", "Cadet")
FILES = ["e.csv", "r.csv"]
Import = Callable[..., Any]
Write = Callable[..., Path]


def current_links() -> int:
    return db.session.scalar(select(func.count()).select_from(Link).where(Link.ended_at.is_(None))) or 0


def refusal_of(import_files: Import, *arguments: object, **agreed: object) -> MassEnding:
    with pytest.raises(ImportRefused) as refused:
        import_files(*arguments, **agreed)
    [refusal] = refused.value.refusals
    assert isinstance(refusal, MassEnding)
    return refusal


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the extractions of a school whose families have one parent each; only some of these may be in the file."""

    def run(*, families: int, parents: int, children: int = 1, named: int | None = None) -> Path:
        surnames = [f"FAM{chr(65 + number)}" for number in range(families)]
        pupils = [f"{name};{first};14/03/2017;CE2\n" for name in surnames for first in FIRST[:children]]
        adults = [
            f"M.;{name};Paul;06399800{number:02d}" + "".join(f";{name};{first}" for first in FIRST[: named or children])
            for number, name in enumerate(surnames[:parents])
        ]
        (tmp_path / "e.csv").write_text(PUPILS + "".join(pupils), "utf-8")
        (tmp_path / "r.csv").write_text(PARENTS + "\n".join(adults) + "\n", "utf-8")
        return tmp_path

    return run


@BOTH_DATABASES
def test_another_schools_parents_wait_for_a_confirmation(import_files: Import, tmp_path: Path) -> None:
    import_files(SAMPLES / "onde", ONDE)
    (tmp_path / "r.csv").write_text(f"{PARENTS}M.;AILLEURS;Paul;0639980001;AILLEURS;Zoé\n", "utf-8")

    refusal = refusal_of(import_files, tmp_path, ["r.csv"])

    assert (refusal.adults_ended, refusal.adults_known) == (33, 33)
    assert (refusal.links_ended, refusal.links_known) == (37, 37)
    assert refusal.ended == 0
    assert current_links() == 37


@BOTH_DATABASES
def test_a_file_of_responsables_without_links_waits_for_a_confirmation(import_files: Import, tmp_path: Path) -> None:
    import_files(SAMPLES / "siecle", SIECLE, COLLEGE)
    before = current_links()
    whole = (SAMPLES / "siecle" / SIECLE[1]).read_text("iso-8859-15")
    emptied = re.sub("<RESPONSABLES>.*</RESPONSABLES>", "<RESPONSABLES></RESPONSABLES>", whole, flags=re.DOTALL)
    (tmp_path / SIECLE[1]).write_text(emptied, "iso-8859-15")

    refusal = refusal_of(import_files, tmp_path, [SIECLE[1]], COLLEGE)

    assert refusal.links_ended == refusal.links_known == before
    assert current_links() == before


def test_a_cut_file_of_parents_is_imported_once_it_is_confirmed(import_files: Import, write: Write) -> None:
    import_files(write(families=10, parents=10), FILES)
    folder = write(families=10, parents=1)

    refusal = refusal_of(import_files, folder, FILES)
    plan = import_files(folder, FILES, consent=ENDING)

    assert (refusal.adults_ended, refusal.adults_known) == (9, 10)
    assert len(plan.responsables.ended) == 9
    assert current_links() == 1


def test_children_cut_from_adults_who_keep_another_count_too(import_files: Import, write: Write) -> None:
    """An extraction with fewer columns of children."""
    import_files(write(families=5, parents=5, children=2), FILES)

    refusal = refusal_of(import_files, write(families=5, parents=5, children=2, named=1), FILES)

    assert (refusal.adults_ended, refusal.adults_known) == (0, 5)
    assert (refusal.links_ended, refusal.links_known) == (5, 10)


def test_one_adult_may_always_be_cut_off(import_files: Import, write: Write) -> None:
    """However small the school: a judge's decision does not wait for a second person."""
    import_files(write(families=2, parents=2), FILES)

    plan = import_files(write(families=2, parents=1), FILES)

    assert len(plan.responsables.ended) == 1


def test_adults_who_leave_with_their_children_wait_for_nobody(import_files: Import, write: Write) -> None:
    """A fifth of a school's pupils leave each summer, with their parents: the pupils' share alone counts."""
    import_files(write(families=10, parents=10), FILES)

    plan = import_files(write(families=8, parents=8), FILES, year=2026)

    assert len(plan.pupils.ended) == len(plan.responsables.ended) == 2


def test_pupils_alone_say_nothing_of_links(import_files: Import, write: Write) -> None:
    import_files(write(families=10, parents=10), FILES)

    plan = import_files(write(families=10, parents=10), ["e.csv"], year=2026)

    assert plan.links.is_empty


def test_one_yes_is_asked_for_pupils_and_parents_together(import_files: Import, write: Write) -> None:
    import_files(write(families=10, parents=10), FILES)

    refusal = refusal_of(import_files, write(families=5, parents=2), FILES)

    assert (refusal.ended, refusal.known) == (5, 10)
    assert (refusal.adults_ended, refusal.adults_known) == (3, 5)
    assert (refusal.links_ended, refusal.links_known) == (3, 5)
