"""`idp registry` as an operator types it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from idp.cli.registry import command as group
from idp.db import db
from idp.provider import keys
from idp.registry.models import Pupil, School
from idp.settings import Settings

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ONDE = [str(SAMPLES / "onde" / name) for name in ("CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv")]
SIECLE = [str(path) for path in sorted((SAMPLES / "siecle").glob("*.zip"))]
Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, clock: object, database: object) -> Command:
    keys.generate(Path(settings.keys.directory))
    return lambda *words: CliRunner().invoke(group, words, obj=settings)


def count(model: type[object]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_school_is_created_then_filled(command: Command) -> None:
    created = command("school", "0599902T", "Collège les Trois Tilleuls", "--degree", "2", "--academie", "Lille")

    imported = command("import", *SIECLE, "--school", "0599902T")

    assert (created.exit_code, imported.exit_code) == (0, 0)
    assert count(Pupil) == 7
    assert db.session.get_one(School, "0599902T").academie == "Lille"


def test_an_import_may_create_its_school(command: Command) -> None:
    result = command("import", *ONDE, "--school", "0599901S", "--school-name", "École Roger-Salengro")

    assert result.exit_code == 0
    assert "row_child_ambiguous" in result.stderr
    assert count(Pupil) == 24


def test_a_dry_run_writes_nothing(command: Command) -> None:
    result = command("import", *ONDE, "--school", "0599901S", "--school-name", "École", "--dry-run")

    assert result.exit_code == 0
    assert "24" in result.stdout
    assert (count(Pupil), count(School)) == (0, 0)


def test_a_refused_file_leaves_nothing_behind(command: Command) -> None:
    broken = str(SAMPLES / "malformed/20-sans-enfants.csv")

    result = command("import", ONDE[0], broken, "--school", "0599901S", "--school-name", "École")

    assert result.exit_code == 1
    assert "20-sans-enfants.csv:1: refuse csv_header_missing Nom de famille enfant" in result.stderr
    assert (count(Pupil), count(School)) == (0, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--school", "0599901A"), "UAI"),
        (("--school", "0599901S"), "école inconnue"),
    ],
)
def test_a_wrong_school_is_refused(command: Command, words: tuple[str, ...], said: str) -> None:
    result = command("import", *ONDE, *words)

    assert result.exit_code == 1
    assert said in result.stderr


def test_two_formats_are_no_picture_of_one_school(command: Command) -> None:
    result = command("import", ONDE[0], SIECLE[1], "--school", "0599902T", "--school-name", "Collège")

    assert result.exit_code == 1
    assert count(School) == 0


def test_many_endings_need_the_uai_typed_again(command: Command) -> None:
    command("import", *ONDE, "--school", "0599901S", "--school-name", "École")
    older = str(SAMPLES / "onde/variants/eleves-ancienne-generation.csv")

    refused = command("import", older, "--school", "0599901S")
    confirmed = command("import", older, "--school", "0599901S", "--confirm-ending", "0599901S")

    assert refused.exit_code == 1
    assert "16 élèves sur 24" in refused.stderr
    assert confirmed.exit_code == 0


def test_a_siecle_file_of_another_year_may_be_forced(command: Command) -> None:
    words = ("import", SIECLE[0], "--school", "0599902T", "--school-name", "Collège", "--school-year", "2024")

    assert command(*words).exit_code == 1
    assert command(*words, "--any-year").exit_code == 0
