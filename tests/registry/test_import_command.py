"""`idp registry` as an operator types it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from psycopg.errors import DeadlockDetected
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from idp.cli.registry import command as group
from idp.db import db
from idp.errors import ConfigurationError
from idp.flows import school_records
from idp.registry.models import Pupil, School
from idp.settings import Settings, build

SAMPLES = Path(__file__).parents[2] / "demo" / "samples"
ONDE = [str(SAMPLES / "onde" / name) for name in ("CSVExtraction-eleves.csv", "CSVExtraction-responsables.csv")]
SIECLE = [str(path) for path in sorted((SAMPLES / "siecle").glob("*.zip"))]
Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, clock: object, database: object) -> Command:
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


def test_many_cut_links_are_told_and_need_the_uai_too(command: Command, tmp_path: Path) -> None:
    command("import", *ONDE, "--school", "0599901S", "--school-name", "École")
    cut = tmp_path / "parents.csv"
    cut.write_bytes(b"".join(Path(ONDE[1]).read_bytes().splitlines(keepends=True)[:2]))

    refused = command("import", str(cut), "--school", "0599901S")
    confirmed = command("import", str(cut), "--school", "0599901S", "--confirm-ending", "0599901S")

    assert refused.exit_code == 1
    assert "32 responsables sur 33 perdraient leurs enfants restés à l’école, 36 liens sur 37" in refused.stderr
    assert confirmed.exit_code == 0


def test_a_siecle_file_of_another_year_may_be_forced(command: Command) -> None:
    words = ("import", SIECLE[0], "--school", "0599902T", "--school-name", "Collège", "--school-year", "2024")

    assert command(*words).exit_code == 1
    assert command(*words, "--any-year").exit_code == 0


def test_files_of_several_schools_come_in_one_transaction(command: Command, tmp_path: Path) -> None:
    (tmp_path / "0599901S").mkdir()
    for path in ONDE:
        shutil.copy(path, tmp_path / "0599901S")
    for path in SIECLE:
        shutil.copy(path, tmp_path)
    table = tmp_path / "ecoles.txt"
    table.write_text("uai;nom;degre;accueil\n0599901S;École;1;Bonjour\n0599902T;Collège;2;\n", "utf-8")

    made, imported = command("schools", str(table)), command("import", str(tmp_path))

    assert (made.exit_code, imported.exit_code) == (0, 0)
    assert "0599901S" in imported.stdout
    assert "0599902T" in imported.stdout
    assert count(Pupil) == 31
    assert db.session.get_one(School, "0599901S").welcome_message == "Bonjour"


def test_the_message_under_a_schools_name_is_changed(command: Command) -> None:
    command("school", "0599902T", "Collège", "--degree", "2")

    changed = command("welcome", "Bonjour\nà tous", "--school", "0599902T")
    long = command("welcome", "x" * 501, "--school", "0599902T")
    unknown = command("welcome", "x", "--school", "0599901S")

    assert (changed.exit_code, long.exit_code, unknown.exit_code) == (0, 1, 1)
    assert "501 caractères" in long.stderr
    assert "0599901S" in unknown.stderr
    assert db.session.get_one(School, "0599902T").welcome_message == "Bonjour\nà tous"


def test_one_bad_file_stops_all_schools(command: Command) -> None:
    command("school", "0599902T", "Collège", "--degree", "2")

    result = command("import", *SIECLE, str(SAMPLES / "malformed/43-tronque.xml"))

    assert result.exit_code == 1
    assert "xml_malformed" in result.stderr
    assert count(Pupil) == 0


def test_a_school_that_is_not_known_stops_all(command: Command) -> None:
    command("school", "0599901S", "École", "--degree", "1")

    result = command("import", *SIECLE)

    assert result.exit_code == 1
    assert "0599902T : école inconnue" in result.stderr


def test_an_onde_file_alone_asks_for_its_school(command: Command, tmp_path: Path) -> None:
    shutil.copy(ONDE[0], tmp_path)

    result = command("import", str(tmp_path))

    assert result.exit_code == 1
    assert "de quelle école" in result.stderr


def test_all_defects_are_written_to_a_table(command: Command, tmp_path: Path) -> None:
    table = tmp_path / "defauts.csv"

    command("import", *ONDE, "--school", "0599901S", "--school-name", "École", "--defects", str(table))

    assert table.read_text("utf-8-sig").count("row_child_ambiguous") == 3


def test_a_wrong_line_of_the_table_of_schools_is_told_and_none_is_kept(command: Command, tmp_path: Path) -> None:
    table = tmp_path / "ecoles.csv"
    table.write_text("uai;nom;degre\n0599901S;École;1\n0599902A;Collège;2\n0599902T;Collège;3\n", "utf-8")

    result = command("schools", str(table))

    assert result.exit_code == 1
    assert "ecoles.csv:3: refuse school_invalid uai «0599902A»" in result.stderr
    assert "ecoles.csv:4: refuse school_invalid degre «3»" in result.stderr
    assert count(School) == 0


def test_headers_of_another_application_are_named_in_the_settings(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    words = ("import", str(tmp_path / "0599901S.csv"), "--school", "0599901S", "--school-name", "École")
    (tmp_path / "0599901S.csv").write_text(
        "Patronyme;Prénom élève;Né le;Classe\nDURAND;Alexis;14/03/2017;CE2\n", "utf-8"
    )
    aliases = {"pupils": {"family_name": ["Patronyme"], "birth_on": ["NE LE"]}}
    taught = msgspec.structs.replace(
        settings, onde=build({"server": {"demo": True}, "onde": {"aliases": aliases}}).onde
    )

    refused = command(*words)
    read = CliRunner().invoke(group, words, obj=taught)

    assert "csv_header_missing Nom élève, Date naissance" in refused.stderr
    assert read.exit_code == 0
    assert count(Pupil) == 1


def test_a_wrong_alias_stops_the_start() -> None:
    with pytest.raises(ConfigurationError) as refused:
        build({"onde": {"aliases": {"pupils": {"surname": ["Nom"]}}}})

    assert "onde.aliases" in refused.value.problems[0]


def test_schools_are_listed_and_searched(command: Command) -> None:
    command("school", "0599902T", "Collège les Trois Tilleuls", "--degree", "2", "--commune", "Lille")
    command("school", "0130036U", "École du Vieux-Port", "--degree", "1")

    (found,) = json.loads(command("schools", "--search", "college tilleuls", "--json").output)

    assert (found["uai"], found["academie"], found["pupils"], found["imported_at"]) == ("0599902T", "Lille", 0, None)
    assert "Tilleuls" not in command("schools", "--academie", "Aix-Marseille").output


def test_questions_are_listed_and_answered(command: Command) -> None:
    command("import", *ONDE, "--school", "0599901S", "--school-name", "École")
    listed = command("questions", "--school", "0599901S").stdout.splitlines()
    question = listed[0].split()[0]
    candidate = listed[2].split()[0]

    wrong = command("answer", question, "x", "--school", "0599901S")
    answered = command("answer", question, candidate, "--school", "0599901S")

    assert "PETIT Emma" in listed[2]
    assert (wrong.exit_code, answered.exit_code) == (1, 0)
    assert question not in command("questions", "--school", "0599901S").stdout


def test_people_are_found_and_corrected(command: Command) -> None:
    command("import", *ONDE, "--school", "0599901S", "--school-name", "École")
    found = command("find", "durant", "--school", "0599901S").stdout

    done = command("correct", found.split()[0], "mobile", "06 39 98 00 09", "--school", "0599901S")

    assert "Mme DURANT Valéry, +33639981234" in found
    assert done.exit_code == 0
    assert "+33639980009" in command("find", "durant", "--school", "0599901S").stdout


def test_a_link_is_lowered(command: Command) -> None:
    command("import", *ONDE, "--school", "0599901S", "--school-name", "École")
    adult = command("find", "durant", "--school", "0599901S").stdout.split()[0]
    pupil = command("find", "alexis", "--school", "0599901S").stdout.split()[0]

    assert command("level", adult, pupil, "2", "--school", "0599901S").exit_code == 0
    assert command("level", adult, adult, "2", "--school", "0599901S").exit_code == 1


def test_a_dry_run_tells_an_ine_that_another_school_has(command: Command, tmp_path: Path) -> None:
    head = "Nom élève;Prénom élève;Date naissance;INE;Libellé classe\n"
    files = {uai: tmp_path / uai / "eleves.csv" for uai in ("0599901S", "0599902T")}
    for uai, ine in (("0599901S", "099001000AA"), ("0599902T", "")):
        files[uai].parent.mkdir()
        files[uai].write_text(f"{head}DURAND;Alexis;14/03/2017;{ine};CE2\n", "utf-8")
        command("import", str(files[uai]), "--school", uai, "--school-name", "École")
    files["0599902T"].write_text(f"{head}DURAND;Alexis;14/03/2017;099001000AA;CE2\n", "utf-8")

    result = command("import", str(files["0599902T"]), "--dry-run")

    assert result.exit_code == 0
    assert "eleves.csv:2: warn row_ine_taken" in result.stderr


def test_an_import_that_lost_against_another_says_so(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*words: object, **named: object) -> None:
        raise OperationalError("", {}, DeadlockDetected())

    monkeypatch.setattr(school_records, "write", lose)

    result = command("import", *ONDE, "--school", "0599901S", "--school-name", "École")

    assert result.exit_code == 1
    assert "recommencez" in result.stderr
    assert count(School) == 0
