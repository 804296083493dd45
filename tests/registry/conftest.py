"""The vocabulary of school files: staging them, importing them, asking what was read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.db import db
from idp.flows import school_records
from idp.registry.defects import Defect
from idp.registry.importing import Consent
from idp.registry.plan import Plan
from idp.registry.reading import Reading, find_files, read, read_file
from idp.registry.records import KeyedLink, PersonRow, PupilRow
from idp.registry.service import save_school
from idp.registry.staging import Staging, unpack
from idp.settings import Settings

ECOLE, COLLEGE = "0599901S", "0599902T"
NOTHING_AGREED = Consent()
Import = Callable[..., Plan]


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parents[2] / "demo" / "samples"


@pytest.fixture
def staging() -> Iterator[Staging]:
    with Staging() as opened:
        yield opened


@dataclass
class Contents:
    """What was staged of some files."""

    pupils: list[PupilRow]
    persons: list[PersonRow]
    links: list[KeyedLink]
    defects: list[Defect]


@pytest.fixture
def read_files() -> Callable[..., Contents]:
    """Reads files of one school, each on its own, without any database."""

    def run(*paths: Path, uai: str | None = None, year: int = 2025) -> Contents:
        with Staging() as staged:
            for number, path in enumerate(paths, start=1):
                read_file(path, number, staged, Reading(year, uai))
            rows = {
                table: [unpack(content, kind) for (content,) in staged.all(f"SELECT row FROM {table} ORDER BY place")]
                for table, kind in (("pupil", PupilRow), ("person", PersonRow), ("link", KeyedLink), ("defect", Defect))
            }
        return Contents(rows["pupil"], rows["person"], rows["link"], rows["defect"])

    return run


@pytest.fixture
def schools(database: object, clock: object) -> None:
    save_school(ECOLE, "École Roger-Salengro", by="test", degree=1)
    save_school(COLLEGE, "Collège les Trois Tilleuls", by="test", degree=2)
    db.session.commit()


@pytest.fixture
def import_batch(schools: None, settings: Settings) -> Callable[..., list[Plan]]:
    """Imports files or folders of any schools, and commits."""

    def run(
        paths: list[Path], consent: Consent = NOTHING_AGREED, *, uai: str | None = None, year: int = 2025
    ) -> list[Plan]:
        with Staging() as staged:
            found = read(find_files(paths), staged, Reading(year, uai, aliases=settings.onde.aliases))
            try:
                plans = school_records.write(staged, found, year, consent, settings)
            except Exception:
                db.session.rollback()
                raise
        db.session.commit()
        return plans

    return run


@pytest.fixture
def import_files(import_batch: Callable[..., list[Plan]]) -> Import:
    """Imports files of a folder into one school, and commits."""

    def run(
        folder: Path, files: list[str], uai: str = ECOLE, consent: Consent = NOTHING_AGREED, *, year: int = 2025
    ) -> Plan:
        [plan] = import_batch([folder / file for file in files], consent, uai=uai, year=year)
        return plan

    return run
