"""`idp batch`: many commands as one program."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli import main
from idp.settings import Settings


@pytest.fixture
def batch(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("idp.cli.load", lambda: settings)

    def run(text: str) -> Result:
        return CliRunner().invoke(main, ["batch", "-"], input=text)

    return run


def test_each_line_is_a_command_and_comments_are_passed_over(batch) -> None:
    done = batch("# a school\n\nregistry school 0599901S 'École d''à côté' --degree 1\nkeys list\n")

    assert done.exit_code == 0, done.output
    assert "0599901S École dà côté" in done.output
    assert "ES256" in done.output


def test_the_first_failure_ends_the_batch_and_is_told_by_its_line(batch) -> None:
    done = batch("migrate\nregistry school nonsense Name --degree 1\nkeys list\n")

    assert done.exit_code == 1
    assert "line 2 failed: registry school" in done.output
    assert "ES256" not in done.output


@pytest.mark.parametrize("line", ["nothing", "batch -", "keys 'generate"])
def test_what_is_no_command_is_refused_by_its_line(batch, line: str) -> None:
    done = batch(f"migrate\n{line}\n")

    assert done.exit_code != 0
    assert "line 2" in done.output


def test_a_file_of_commands_is_read_too(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.cli.load", lambda: settings)
    file = tmp_path / "commands"
    file.write_text("keys generate\n")

    assert "nothing is missing" in CliRunner().invoke(main, ["batch", str(file)]).output
