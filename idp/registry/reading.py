"""Reading a batch of school files: each told apart, staged, and put with the others of its school.

A file's school is the one that was chosen; else SIECLE says it inside; else the file's name or a folder above it has
the UAI in it, as in `0599901S/CSVExtraction.csv`.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from idp.errors import Refusal
from idp.registry import archive, doubles, onde, siecle
from idp.registry.defects import Defect
from idp.registry.errors import FileRefused, FilesDisagree, FilesRefused, ImportRefused, SchoolUntold, UaiInvalid
from idp.registry.onde_headers import Aliases
from idp.registry.records import Kind, Source
from idp.registry.service import check_uai
from idp.registry.staging import Staging

SUFFIXES = (".csv", ".xml", ".zip")
_UAI = re.compile(r"(?<![0-9A-Za-z])\d{7}[A-Za-z](?![0-9A-Za-z])", re.ASCII)
Progress = Callable[[str, int], None]
"""Gets the name of a file that was read and its size."""


@dataclass(frozen=True)
class ReadFile:
    """A file that was staged under `number`."""

    number: int
    name: str
    source: Source
    kind: Kind
    uai: str
    school_year: int | None
    """None when the file does not say: ONDE."""
    digest: str
    ignored: list[str] = field(default_factory=list)
    """Columns that nobody reads."""
    missing: frozenset[str] = frozenset()
    """Columns that the file lacks, by our names: it says nothing of them, and what the registry has stays."""


@dataclass
class SchoolFiles:
    """The files of one school: its pupils, its responsables, or both."""

    uai: str
    pupils: ReadFile | None = None
    persons: ReadFile | None = None

    @property
    def files(self) -> list[ReadFile]:
        return [file for file in (self.pupils, self.persons) if file]

    @property
    def numbers(self) -> list[int]:
        return [file.number for file in self.files]

    @property
    def source(self) -> Source:
        return self.files[0].source

    def school_year(self, default: int) -> int:
        return next((file.school_year for file in self.files if file.school_year), default)


@dataclass(frozen=True)
class Reading:
    """How files are to be read."""

    school_year: int
    uai: str | None = None
    any_year: bool = False
    """Takes a SIECLE file of another school year."""
    aliases: Aliases = field(default_factory=dict)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files, and those inside the folders, in a fixed order."""
    found: list[Path] = []
    for path in paths:
        inside = (file for file in path.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)
        found += sorted(inside) if path.is_dir() else [path]
    return found


def read(
    paths: Sequence[Path], staging: Staging, reading: Reading, progress: Progress = lambda name, size: None
) -> list[SchoolFiles]:
    """Stage all files and put them together by school, in the order of the UAI.

    Raises FilesRefused with what is wrong with every bad file, ImportRefused when they do not go together.
    """
    files: list[ReadFile] = []
    defects: list[Defect] = []
    refusals: list[Refusal] = []
    for number, path in enumerate(paths, start=1):
        try:
            files.append(read_file(path, number, staging, reading))
        except FileRefused as refusal:
            defects.append(refusal.defect)
        except SchoolUntold as refusal:
            refusals.append(refusal)
        progress(path.name, path.stat().st_size)
    if defects:
        raise FilesRefused(defects)
    schools = _by_school(files, refusals)
    if refusals:
        raise ImportRefused(refusals)
    for school in schools:
        staging.insert("school", school.uai, school.pupils.number if school.pupils else None)
    staging.flush()
    return schools


def read_file(path: Path, number: int, staging: Staging, reading: Reading) -> ReadFile:
    """Stage one file, whatever its kind. Raises FileRefused, SchoolUntold."""
    told = reading.uai or uai_in(path)
    name, digest = path.name, _digest(path)
    with archive.opened(path) as (form, stream):
        if form == "csv":
            if told is None:
                raise SchoolUntold(file=str(path))
            columns = onde.read(stream, name, number, staging, reading.school_year, reading.aliases)
            found = ReadFile(number, name, "onde", columns.kind, told, None, digest, columns.ignored, columns.missing)
        else:
            wanted = None if reading.any_year else reading.school_year
            kind, uai, year = siecle.read(stream, name, number, staging, told, wanted)
            found = ReadFile(number, name, "siecle", kind, uai, year, digest)
    staging.flush()
    if found.kind == "pupils":
        doubles.leave_out(number, name, staging)
    _check_read(found, staging)
    return found


def _check_read(file: ReadFile, staging: Staging) -> None:
    """Raises FileRefused when every line has a defect: the file would be taken for one of nobody."""
    kind = "pupil" if file.kind == "pupils" else "person"
    if staging.first(f"SELECT 1 FROM {kind} WHERE file = ?", file.number):  # noqa: S608 - our tables
        return
    for first in staging.defects([file.number]):
        raise FileRefused(
            msgspec.structs.replace(first, code="file_nothing_read", first_line=None, value=first.value or first.code)
        )


def uai_in(path: Path) -> str | None:
    """The UAI in the file's name, else in the nearest folder that has one in its name."""
    for part in (path.name, *(parent.name for parent in path.absolute().parents)):
        found = {uai for text in _UAI.findall(part) if (uai := _checked(text))}
        if len(found) == 1:
            return found.pop()
    return None


def _checked(text: str) -> str | None:
    try:
        return check_uai(text)
    except UaiInvalid:
        return None


def _by_school(files: Iterable[ReadFile], refusals: list[Refusal]) -> list[SchoolFiles]:
    schools: dict[str, SchoolFiles] = {}
    for file in files:
        school = schools.setdefault(file.uai, SchoolFiles(file.uai))
        if getattr(school, file.kind) is not None:
            refusals.append(FilesDisagree(uai=file.uai, reason="two files of one kind"))
        setattr(school, file.kind, file)
    for school in schools.values():
        one, other = school.pupils, school.persons
        if one and other and (one.source, one.school_year) != (other.source, other.school_year):
            refusals.append(FilesDisagree(uai=school.uai, reason="two formats or two school years"))
    return [schools[uai] for uai in sorted(schools)]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ignored_columns(schools: Iterable[SchoolFiles]) -> dict[str, str]:
    """Unknown columns, each with the first file that has it."""
    found: dict[str, str] = {}
    for school in schools:
        for file in school.files:
            for column in file.ignored:
                found.setdefault(column, file.name)
    return found
