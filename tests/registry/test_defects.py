"""Every malformed sample says what is wrong with it, where, and what is still read."""

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.cli.registry_report import write_defects
from idp.db import db
from idp.flows import school_records
from idp.registry.defects import Defect
from idp.registry.errors import FilesRefused
from idp.registry.importing import Consent
from idp.registry.models import Pupil
from idp.registry.reading import Reading, read
from idp.registry.staging import Staging
from idp.settings import Settings

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
CASES = tomllib.loads((SAMPLES / "malformed/expected.toml").read_text("utf-8"))["case"]
YEAR = 2025
ONDE_SCHOOL, SIECLE_SCHOOL = "0599901S", "0599902T"
Taken = Callable[[dict[str, Any]], list[Defect]]
COUNTED = {
    "onde-eleves": "SELECT count(*) FROM enrolled",
    "onde-responsables": "SELECT count(*) FROM pair",
    "siecle-eleves": "SELECT count(*) FROM pupil",
    "siecle-responsables": "SELECT count(*) FROM link",
}
"""What `imported` counts: a left pupil of SIECLE is read too, and so are their links."""


@pytest.fixture
def take(schools: None, settings: Settings) -> Taken:
    """Imports a case's file, responsables beside the sound pupils of their school; gives what is told."""

    def run(case: dict[str, Any]) -> list[Defect]:
        is_siecle = case["kind"].startswith("siecle")
        files = [SAMPLES / "malformed" / case["file"]]
        if case["kind"].endswith("responsables"):
            files.insert(
                0, SAMPLES / ("siecle/ElevesAvecAdresses.xml" if is_siecle else "onde/CSVExtraction-eleves.csv")
            )
        with Staging() as staging:
            found = read(files, staging, Reading(YEAR, SIECLE_SCHOOL if is_siecle else ONDE_SCHOOL))
            school_records.write(staging, found, YEAR, Consent(), settings)
            case["counted"] = staging.count(COUNTED[case["kind"]])
            return list(staging.defects(found[0].numbers))

    return run


def assert_as_expected(defect: Defect, case: dict[str, Any]) -> None:
    assert defect.severity == case["severity"]
    assert defect.advice
    for name in ("line", "first_line", "column", "element", "value", "entry"):
        if name in case:
            assert getattr(defect, name) == case[name], name


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["severity"] == "refuse"], ids=lambda case: case["file"]
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(case: dict[str, Any], take: Taken) -> None:
    with pytest.raises(FilesRefused) as refusal:
        take(case)

    [defect] = refusal.value.defects
    assert defect.code == case["code"]
    assert_as_expected(defect, case)
    assert db.session.scalar(select(func.count()).select_from(Pupil)) == 0


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["severity"] != "refuse"], ids=lambda case: case["file"]
)
def test_a_bad_line_is_reported_and_the_rest_is_read(case: dict[str, Any], take: Taken) -> None:
    case = dict(case)

    defects = take(case)

    found = [defect for defect in defects if defect.code == case["code"]]
    assert_as_expected(found[0], case)
    assert {defect.line for defect in defects} == {case["line"], *case.get("also_lines", [])}
    assert case["counted"] == case["imported"]


def test_a_long_value_is_shown_short_and_escaped() -> None:
    defect = Defect("row_formula", "f.csv", value="=\x1b" + "A" * 100)

    assert defect.shown_value.startswith("=\\x1bAAA")
    assert len(defect.shown_value) < 70


def test_an_unknown_header_says_what_was_found_and_what_is_missing(take: Taken) -> None:
    with pytest.raises(FilesRefused) as refusal:
        take({"file": "03-entete-inconnue.csv", "kind": "onde"})

    [defect] = refusal.value.defects
    assert ";" in defect.shown_value
    assert "Date naissance" in defect.column


def test_a_table_of_defects_holds_no_formula(tmp_path: Path) -> None:
    write_defects(tmp_path / "defauts.csv", [Defect("row_formula", "f.csv", 5, column="Nom élève", value="=1+1")])

    with (tmp_path / "defauts.csv").open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file, delimiter=";")
    assert dict(zip(head, row, strict=True))["valeur"] == "'=1+1"
