"""Refusals that no sample file shows."""

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from idp.registry import archive
from idp.registry.errors import FileRefused, UaiInvalid
from idp.registry.reading import Reading, read_file
from idp.registry.service import check_uai, school_year_of
from idp.registry.staging import Staging

HEADER = "Nom élève;Prénom élève;Date naissance;Libellé classe"
ROW = "DURAND;Alexis;2017-03-14;CE2"
SIECLE = (
    "<BEE_ELEVES><PARAMETRES><UAJ>0599902T</UAJ><ANNEE_SCOLAIRE>2025</ANNEE_SCOLAIRE></PARAMETRES><DONNEES><ELEVES>"
    '<ELEVE ELEVE_ID="1"><NOM_DE_FAMILLE>DURAND</NOM_DE_FAMILLE><PRENOM>Alexis</PRENOM></ELEVE></ELEVES></DONNEES>'
    "</BEE_ELEVES>"
)
"""Its only pupil has no birth date."""


def refusal_of(path: Path) -> str:
    with pytest.raises(FileRefused) as refusal, Staging() as staging:
        read_file(path, 1, staging, Reading(2025, "0599902T"))
    return refusal.value.defect.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"{HEADER};Nom élève\n{ROW};X\n".encode(), "csv_header_duplicate"),
        (f"{HEADER}\nDURAND;ZoÃ©;2017-03-14;CE2\n".encode(), "encoding_invalid"),
        (HEADER.encode() + b"\nDURAND;Al\x81exis;2017-03-14;CE2\n", "encoding_invalid"),
        (f"{HEADER}\n{ROW}{'A' * 2000}\n".encode(), "csv_quote_unclosed"),
        (f"{HEADER}\n{ROW};\n{ROW};\n".encode(), "file_nothing_read"),
        (f"{HEADER}\n{ROW.replace('2017', '17')}\n".encode(), "file_nothing_read"),
        (
            b"Nom responsable;Pr\xc3\xa9nom responsable;Nom de famille enfant;Pr\xc3\xa9nom enfant\n;;A;B\n",
            "file_nothing_read",
        ),
        (SIECLE.encode(), "file_nothing_read"),
        (b"%PDF-1.7\n", "file_type_unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_type_unknown"),
        (b"PK\x03\x04 not an archive", "file_type_unknown"),
        (b'<?xml version="1.0" encoding="UTF-7"?><BEE_ELEVES/>', "encoding_invalid"),
        (b"<BEE_ELEVES/>", "xml_school_mismatch"),
        (b"<BEE_ELEVES><DONNEES><ELEVES><ELEVE/></ELEVES></DONNEES></BEE_ELEVES>", "xml_id_missing"),
        (b"<BEE_ELEVES>" + b"<A>" * 20, "xml_malformed"),
    ],
)
def test_content_that_no_export_has_is_refused(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "CSVExtraction.csv"
    path.write_bytes(content)

    assert refusal_of(path) == code


def test_a_file_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 10)
    path = tmp_path / "CSVExtraction.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", "utf-8")

    assert refusal_of(path) == "file_too_large"


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("ElevesAvecAdresses.xml", "<BEE_ELEVES/>")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    assert refusal_of(path) == "archive_encrypted"


def test_a_file_without_a_good_line_says_what_is_wrong_with_the_first(tmp_path: Path) -> None:
    path = tmp_path / "CSVExtraction.csv"
    path.write_text(f"{HEADER}\n{ROW.replace('2017', '17')}\n", "utf-8")

    with pytest.raises(FileRefused) as refusal, Staging() as staging:
        read_file(path, 1, staging, Reading(2025, "0599902T"))

    defect = refusal.value.defect
    assert (defect.line, defect.column, defect.value) == (2, "Date naissance", "17-03-14")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused_however_it_was_packed(method: int, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("a.xml", "<BEE_ELEVES>" + "<ELEVE/>" * 20 + "</BEE_ELEVES>")
    content = bytearray(path.read_bytes())
    start = content.index(b"a.xml") + 11
    content[start : start + 34] = (byte ^ 0x5A for byte in content[start : start + 34])
    path.write_bytes(content)

    assert refusal_of(path) == "file_type_unknown"


@pytest.mark.parametrize("uai", ["0599901A", "059990S", "05999O1S", "", "0599901SS"])
def test_a_wrong_uai_is_refused(uai: str) -> None:
    with pytest.raises(UaiInvalid):
        check_uai(uai)


def test_a_uai_is_written_in_capitals() -> None:
    assert check_uai(" 0599901s ") == "0599901S"


@pytest.mark.parametrize(("day", "year"), [("2026-07-31", 2025), ("2026-08-01", 2026), ("2026-01-15", 2025)])
def test_august_opens_the_school_year(day: str, year: int) -> None:
    assert school_year_of(dt.date.fromisoformat(day)) == year
