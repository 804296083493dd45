"""Every malformed sample says what is wrong with it, where, and what is still read."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from idp.registry.defects import Defect
from idp.registry.errors import FileRefused
from idp.registry.picture import join, read_file
from idp.registry.records import PersonFile, Picture, PupilFile

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
CASES = tomllib.loads((SAMPLES / "malformed/expected.toml").read_text("utf-8"))["case"]
YEAR = 2025
ONDE_SCHOOL, SIECLE_SCHOOL = "0599901S", "0599902T"


def read(case: dict[str, Any]) -> PupilFile | PersonFile:
    school = SIECLE_SCHOOL if case["kind"].startswith("siecle") else ONDE_SCHOOL
    return read_file(SAMPLES / "malformed" / case["file"], school, YEAR)


def picture(case: dict[str, Any]) -> Picture:
    """The malformed file beside the sound pupils of its school."""
    file = read(case)
    if isinstance(file, PupilFile):
        return join([file], ONDE_SCHOOL, YEAR)
    pupils = "siecle/ElevesAvecAdresses.xml" if file.source == "siecle" else "onde/CSVExtraction-eleves.csv"
    school = SIECLE_SCHOOL if file.source == "siecle" else ONDE_SCHOOL
    return join([read_file(SAMPLES / pupils, school, YEAR), file], school, YEAR)


def assert_as_expected(defect: Defect, case: dict[str, Any]) -> None:
    assert defect.severity == case["severity"]
    assert defect.advice
    for name in ("line", "first_line", "column", "element", "value", "entry"):
        if name in case:
            assert getattr(defect, name) == case[name], name


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["severity"] == "refuse"], ids=lambda case: case["file"]
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(case: dict[str, Any]) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(case)

    assert refusal.value.defect.code == case["code"]
    assert_as_expected(refusal.value.defect, case)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["severity"] != "refuse"], ids=lambda case: case["file"]
)
def test_a_bad_line_is_reported_and_the_rest_is_read(case: dict[str, Any]) -> None:
    read_picture = picture(case)

    found = [defect for defect in read_picture.defects if defect.code == case["code"]]
    assert_as_expected(found[0], case)
    assert {defect.line for defect in read_picture.defects} == {case["line"], *case.get("also_lines", [])}
    counted = read_picture.links if "responsables" in case["kind"] else read_picture.pupils
    assert len(counted) == case["imported"]


def test_a_long_value_is_shown_short_and_escaped() -> None:
    defect = Defect("row_formula", "f.csv", value="=\x1b" + "A" * 100)

    assert defect.shown_value.startswith("=\\x1bAAA")
    assert len(defect.shown_value) < 70
