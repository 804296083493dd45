"""Whatever the bytes, a reader tells a defect or reads rows: never anything else (ATTACKS 120, 121, 122)."""

import io
import socket
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.registry import archive
from idp.registry.defects import CATALOGUE
from idp.registry.errors import FileRefused, FilesRefused, SchoolUntold
from idp.registry.reading import Reading, find_files, read, read_file, uai_in
from idp.registry.staging import Staging

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
SOUND = [
    SAMPLES / "onde/CSVExtraction-eleves.csv",
    SAMPLES / "onde/CSVExtraction-responsables.csv",
    SAMPLES / "siecle/ElevesAvecAdresses.xml",
    SAMPLES / "siecle/ResponsablesAvecAdresses.xml",
    SAMPLES / "siecle/ExportXML_ElevesAvecAdresses.zip",
]
CONTENTS = {path.name: path.read_bytes() for path in SOUND}
READING = Reading(2025, "0599902T")
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(content: bytes, name: str = "file.csv") -> str:
    """«read», or the code of the refusal; every defect that was told is in the catalogue."""
    with tempfile.TemporaryDirectory() as folder, Staging() as staging:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            read_file(path, 1, staging, READING)
            code, told = "read", list(staging.defects([1]))
        except FileRefused as refused:
            code, told = refused.defect.code, [refused.defect]
    assert all(defect.code in CATALOGUE and defect.shown_value.isprintable() for defect in told)
    return code


@often
@given(st.binary(max_size=2000))
def test_any_bytes_are_refused_with_a_code(content: bytes) -> None:
    assert outcome(content) in {*CATALOGUE, "read"}


@often
@given(st.data())
def test_a_sound_file_with_bytes_changed_is_read_or_refused_with_a_code(data: st.DataObject) -> None:
    content = bytearray(CONTENTS[data.draw(st.sampled_from(sorted(CONTENTS)))])
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[start : start + length] = data.draw(st.binary(max_size=40))

    assert outcome(bytes(content)) in {*CATALOGUE, "read"}


CELL = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@often
@given(st.lists(st.lists(CELL, min_size=4, max_size=6), max_size=8), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_cells_give_rows_or_told_defects(lines: list[list[str]], encoding: str) -> None:
    head = "Nom élève;Prénom élève;Date naissance;Libellé classe;INE"
    text = "\n".join([head, *(";".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)])

    assert outcome(text.encode(encoding)) in {*CATALOGUE, "read"}


@often
@given(st.lists(st.tuples(st.sampled_from(["ELEVE_ID", "NOM_DE_FAMILLE", "PRENOM", "DATE_NAISS", "ELEVE", "X"]), CELL)))
def test_any_elements_give_rows_or_told_defects(elements: list[tuple[str, str]]) -> None:
    safe = ((tag, "".join(c for c in text if c not in "<&" and (c >= " " or c in "\t\n"))) for tag, text in elements)
    inside = "".join(f"<{tag}>{text}</{tag}>" for tag, text in safe)
    content = (
        "<BEE_ELEVES><PARAMETRES><UAJ>0599902T</UAJ><ANNEE_SCOLAIRE>2025</ANNEE_SCOLAIRE></PARAMETRES><DONNEES><ELEVES>"
        f'<ELEVE ELEVE_ID="1">{inside}</ELEVE></ELEVES></DONNEES></BEE_ELEVES>'
    )

    assert outcome(content.encode("utf-8", "replace"), "eleves.xml") in {*CATALOGUE, "read"}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lists what tried to leave."""
    tried: list[str] = []

    def refuse(*words: object, **named: object) -> None:
        tried.append(str(words))
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


ROOT = b"<BEE_ELEVES><PARAMETRES><UAJ>0599902T</UAJ><ANNEE_SCOLAIRE>2025</ANNEE_SCOLAIRE></PARAMETRES>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><BEE_ELEVES/>', "xml_doctype"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><BEE_ELEVES>&e;</BEE_ELEVES>', "xml_doctype"),
        (b"<!-- " + b"x" * 70_000 + b' --><!DOCTYPE a [<!ENTITY e "x">]><BEE_ELEVES>&e;</BEE_ELEVES>', "xml_doctype"),
        (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p">%p;]><BEE_ELEVES/>', "xml_doctype"),
        (ROOT + b"<DONNEES>&unknown;</DONNEES></BEE_ELEVES>", "xml_malformed"),
        (
            ROOT + b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></BEE_ELEVES>',
            "xml_malformed",
        ),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><BEE_ELEVES/>'.encode("utf-16"), "encoding_invalid"),
    ],
)
def test_no_entity_dtd_or_inclusion_is_followed(content: bytes, code: str, no_network: list[str]) -> None:
    """ATTACKS 120.

    A trap of lxml: entities are expanded by default.
    """
    assert outcome(content, "eleves.xml") == code
    assert no_network == []


MEASURE = """
import resource, sys
from pathlib import Path
from idp.registry.errors import FileRefused
from idp.registry.reading import Reading, read_file
from idp.registry.staging import Staging
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Staging() as staging:
    try:
        read_file(Path(sys.argv[1]), 1, staging, Reading(2025, "0599902T"))
    except FileRefused as refused:
        print(refused.defect.code)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_file_of_unknown_elements_does_not_fill_the_memory(tmp_path: Path) -> None:
    """ATTACKS 120: half a million elements that no reader knows, which would take 100 MB if they were kept."""
    path = tmp_path / "eleves.xml"
    path.write_bytes(ROOT + b"<X><Y>z</Y></X>\n" * 250_000 + b"</BEE_ELEVES>")

    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)

    code, kilobytes = done.stdout.split()
    assert code == "xml_malformed"
    assert int(kilobytes) < 30_000


def test_one_unit_cannot_hold_a_million_elements() -> None:
    """ATTACKS 120."""
    content = ROOT + b'<ELEVE ELEVE_ID="1">' + b"<X/>" * 5000 + b"</ELEVE></BEE_ELEVES>"

    assert outcome(content, "eleves.xml") == "xml_malformed"


def zipped(*entries: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped(("a.xml", ROOT + b" " * 30_000_000)), "archive_ratio"),
        (zipped(("../a.xml", ROOT)), "archive_unsafe_path"),
        (zipped(("/etc/a.xml", ROOT)), "archive_unsafe_path"),
        (zipped(("C:\\a.xml", ROOT)), "archive_unsafe_path"),
        (zipped(("a.xml", ROOT), ("b.xml", ROOT)), "archive_many_files"),
        (zipped(("a.xml", zipped(("b.xml", ROOT)))), "file_type_unknown"),
        (zipped(("a.xml", b"MZ\x90\x00")), "file_type_unknown"),
        (zipped(("a.xml", b"Nom;Prenom")), "file_type_unknown"),
        (zipped(), "file_type_unknown"),
        (zipped(("[Content_Types].xml", b"<x/>")), "file_type_unknown"),
    ],
)
def test_hostile_archives_are_refused_and_write_nothing_outside(content: bytes, code: str) -> None:
    """ATTACKS 121."""
    assert outcome(content, "export.zip") == code


def test_what_an_archive_claims_of_its_size_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """ATTACKS 121: counted while reading."""
    monkeypatch.setattr(archive, "LARGEST_ENTRY", 100_000)
    lines = b"".join(b"<A%d/>" % number for number in range(50_000))

    assert outcome(zipped(("a.xml", ROOT + lines)), "export.zip") == "file_too_large"


@pytest.mark.parametrize(
    "content",
    [
        b";".join([b"Nom"] * 100_000),
        b"x" * 2_000_000,
        b'"' + b"x;\n" * 500_000,
        b"Nom \xc3\xa9l\xc3\xa8ve;" * 300,
        CONTENTS["CSVExtraction-eleves.csv"][:-200] + b"\x00",
    ],
    ids=["100,000 columns", "one long line", "an open quote", "300 columns", "cut, then a NUL"],
)
def test_hostile_tables_are_refused(content: bytes) -> None:
    """ATTACKS 122."""
    assert outcome(content) in CATALOGUE


@pytest.mark.parametrize("cell", ["=1+1", " +A1", "-A1", "@A1", '"\t=A1"', '"\rA1"'])
def test_a_cell_that_a_spreadsheet_would_compute_leaves_the_line_out(cell: str) -> None:
    """ATTACKS 127, on the way in."""
    text = f"Nom élève;Prénom élève;Date naissance;Libellé classe\n{cell};Alexis;2017-03-14;CE2\nX;Y;2017-03-14;CE2\n"
    with tempfile.TemporaryDirectory() as folder, Staging() as staging:
        path = Path(folder) / "a.csv"
        path.write_text(text, "utf-8", newline="")
        read_file(path, 1, staging, READING)
        assert [defect.code for defect in staging.defects([1])] == ["row_formula"]


def test_every_bad_file_of_a_batch_is_told(staging: Staging) -> None:
    files = [SAMPLES / "malformed" / name for name in ("05-virgules.csv", "10-utf16.csv", "43-tronque.xml")]

    with pytest.raises(FilesRefused) as refusal:
        read(files, staging, READING)

    assert [defect.code for defect in refusal.value.defects] == ["csv_separator", "encoding_invalid", "xml_malformed"]


@pytest.mark.parametrize(
    ("path", "uai"),
    [
        ("/tmp/0599901S/CSVExtraction.csv", "0599901S"),
        ("/tmp/lille/0599901s eleves.csv", "0599901S"),
        ("/tmp/0599901S/2025/CSVExtraction.csv", "0599901S"),
        ("/tmp/0599901A/CSVExtraction.csv", None),
        ("/tmp/a/CSVExtraction.csv", None),
        ("/tmp/0599901S-0599902T/CSVExtraction.csv", None),
    ],
)
def test_the_school_is_read_in_the_name_of_the_file_or_of_its_folder(path: str, uai: str | None) -> None:
    assert uai_in(Path(path)) == uai


def test_a_file_of_no_known_school_asks_which(staging: Staging, tmp_path: Path) -> None:
    path = tmp_path / "CSVExtraction.csv"
    path.write_bytes(CONTENTS["CSVExtraction-eleves.csv"])

    with pytest.raises(SchoolUntold):
        read_file(path, 1, staging, Reading(2025))


def test_a_folder_gives_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b/0599901S.csv", "a/x.ZIP", "a/note.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert [path.name for path in find_files([tmp_path])] == ["x.ZIP", "0599901S.csv"]
