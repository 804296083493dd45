"""The README says what is so: its commands work as they are written, its paths are there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.test_processes import Program

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
TREE = re.search(r"^```\n(idp/.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_each_idp_command_of_the_readme_works(tmp_path: Path) -> None:
    settings = {
        "IDP_SERVER__DEMO": "true",
        "IDP_SERVER__PORT": str(free_port()),
        "IDP_DATABASE__URL": f"sqlite:///{tmp_path}/idp.db",
        "IDP_KEYS__DIRECTORY": str(tmp_path / "keys"),
    }

    said = {command: _run(command, {**os.environ, **settings}) for command in COMMANDS if "idp " in command}

    assert len(said) == 8
    assert not {command: text for command, (status, text) in said.items() if status}


def test_each_make_command_of_the_readme_is_a_target() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE)) <= set(targets)


def test_each_command_of_the_readme_is_one_of_make_or_of_idp() -> None:
    assert {shlex.split(command)[0] for command in COMMANDS} == {"make", ".venv/bin/idp"}
    assert {command for command in COMMANDS if command.startswith("make")} == {"make demo", "make test"}


def test_each_path_of_the_readme_is_there() -> None:
    assert TREE
    named = {path.rstrip("/") for path in re.findall(r"`((?:idp|docs|clients|templates|tests)/[\w./]+)`", README)}

    assert not [path for path in named | set(_paths_of(TREE[1])) if not (ROOT / path).exists()]


def test_the_tree_of_the_readme_has_every_room() -> None:
    assert TREE
    rooms = {f"idp/{room.name}" for room in (ROOT / "idp").iterdir() if (room / "__init__.py").exists()}

    assert rooms <= set(_paths_of(TREE[1]))


def _paths_of(tree: str) -> list[str]:
    """The paths at the start of each line, those that are set in belonging to the folder above."""
    paths, parent = [], ""
    for line in tree.splitlines():
        names = re.findall(r"[\w.]+(?:/|\.py)", line.strip().partition("  ")[0])
        if not line.startswith(" "):
            parent = names[0]
        paths += [(parent + name if line.startswith(" ") else name).rstrip("/") for name in names]
    return paths


def _run(command: str, environment: dict[str, str]) -> tuple[int | None, str]:
    """Exit status and output; a server is ended once it answers, which is its success."""
    line = [sys.executable, "-m", "idp", *shlex.split(command)[1:]]
    process = subprocess.Popen(
        line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if "serve" not in line:
        text = process.communicate()[0]
        return process.returncode, text
    server = Program(process, int(environment["IDP_SERVER__PORT"])).wait_until_ready()
    text = server.end()
    return process.returncode, text
