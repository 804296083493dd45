"""docs/attacks.md names a test for each attack, and each of them exists."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "attacks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
TRAPS = re.findall(r"^\| (?!---|library)(\D.*?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
NOT_OFFERED = {"61"}


def test_every_line_has_a_test_or_says_why_it_needs_none() -> None:
    assert [int(number) for number, _attack, _shown in ROWS] == list(range(1, 140))
    assert {number for number, _attack, shown in ROWS if not NAMED.search(shown)} == NOT_OFFERED


def test_every_trap_has_a_test() -> None:
    assert len(TRAPS) > 25
    assert not [trap for _library, trap, shown in TRAPS if not NAMED.search(shown)]


def test_every_test_that_is_named_exists() -> None:
    named = set(NAMED.findall(PAGE))

    functions = {file: _functions(TESTS / file) for file in {file for file, _name in named}}

    assert not [f"{file}::{name}" for file, name in sorted(named) if name not in functions[file]]


def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
