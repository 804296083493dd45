"""docs/franceconnect.md and docs/upstreams.md are compared with what there is."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from demo.franceconnect.faults import NAMES
from idp.settings import build
from tests.franceconnect.upstream import ROOT

PAGE = (ROOT / "docs/franceconnect.md").read_text(encoding="utf-8")
UPSTREAMS = (ROOT / "docs/upstreams.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| row")]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists() -> None:
    missing = [f"{path}::{name}" for path, name in NAMED.findall(PAGE) if name not in names_in(path)]

    assert missing == []


def test_every_row_names_a_test() -> None:
    assert [row for row in ROWS if not NAMED.search(row)] == []


def test_every_fault_of_the_simulator_is_in_a_row() -> None:
    assert [name for name in NAMES if f"`{name}`" not in PAGE] == []


def test_every_test_of_the_simulator_is_in_a_row() -> None:
    """Its fidelity is its tests: the table tells them all, save those of the faults and of the program's own habits."""
    named = {(path, name) for path, name in NAMED.findall(PAGE)}
    apart = ("test_faults.py", "test_program.py")
    files = [file for file in (ROOT / "tests/franceconnect_simulator").glob("test_*.py") if file.name not in apart]
    there = {(f"franceconnect_simulator/{file.name}", name) for file in files for name in names_in(_under(file))}

    assert sorted(name for path, name in there - named if name.startswith("test_")) == [
        "test_an_ended_hint_is_taken",
        "test_idp_hint_opens_that_providers_page",
        "test_keys_last_over_a_restart_and_are_the_owners_alone",
        "test_logout_is_asked_for_by_get",
    ]


def _under(file: Path) -> str:
    return str(file.relative_to(ROOT / "tests"))


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", UPSTREAMS, re.DOTALL))
def test_the_configurations_of_the_page_are_taken(block: str) -> None:
    assert build({"server": {"issuer": "https://parents.example"}, **tomllib.loads(block)})
