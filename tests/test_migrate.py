"""`idp migrate` makes the database that the settings name."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli import main


def test_a_relative_database_is_made_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IDP_SERVER__DEMO", "true")
    monkeypatch.setenv("IDP_DATABASE__URL", "sqlite:///records/idp.db")

    assert CliRunner().invoke(main, ["keys", "generate"]).exit_code == 0
    first = CliRunner().invoke(main, ["migrate"])
    second = CliRunner().invoke(main, ["migrate"])

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert (tmp_path / "records" / "idp.db").exists()
