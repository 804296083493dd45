"""A command loads what it needs and nothing else."""

import importlib
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from idp.cli import SUBJECTS, main
from idp.db import Base
from idp.records import MODELS

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "flask", "structlog", "cryptography", "webauthn", "babel", "lxml", "PIL")


def loaded_by(*words: str) -> set[str]:
    """The modules of a program that ran `idp WORDS`."""
    program = (
        "import sys; from idp.cli import main;main(sys.argv[1:], standalone_mode=False); print(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_no_database_and_no_web_server() -> None:
    assert loaded_by("--help").isdisjoint(HEAVY)


def test_the_settings_documentation_needs_no_database() -> None:
    assert loaded_by("settings").isdisjoint(HEAVY)


def test_every_subject_that_help_names_is_a_command() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output

    for name, summary in SUBJECTS.items():
        assert importlib.import_module(f"idp.cli.{name}").command
        assert f"  {name} " in shown
        assert summary in shown


def test_commands_know_every_table() -> None:
    """A module of models that is not listed would be missing from `idp migrate`."""
    importlib.import_module("idp.app")

    modules = {mapper.class_.__module__ for mapper in Base.registry.mappers}

    assert modules <= {module.__name__ for module in MODELS}
