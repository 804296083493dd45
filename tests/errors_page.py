"""What docs/errors.md misses or has too much, told line by line: `python tests/errors_page.py` (part of `make check`).

Compared with the program's text, without running it: classes of errors, codes of `ProtocolError` with their statuses,
findings in school files, alarms, and the words that a parent reads.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from idp.registry.defects import CATALOGUE

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"
WORDS = ROOT / "idp" / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
ROW = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.MULTILINE)
QUOTED = re.compile(r"^«(.*)»$")
CLASS_SECTIONS = ("Parents", "Staff", "Operators", "Inside")
ROOTS = {"Exception", "BadRequest", "ConnectError"}


def problems() -> list[str]:
    """Each difference, in a sentence."""
    sections, trees = sections_of(PAGE.read_text(encoding="utf-8")), list(program())
    return [
        *_differences("class", _classes_told(sections), Counter(error_classes(trees))),
        *_differences("error", Counter(names(sections["Relying parties"])), Counter(set(protocol_errors(trees)))),
        *_statuses(sections["Relying parties"], trees),
        *_differences("alarm", Counter(_rows_of(sections["Operators"], "event")), Counter(set(alarms(trees)))),
        *_findings(_table(sections["Operators"], "finding")),
        *_words(sections["Parents"]),
        *_words(sections["Staff"]),
    ]


def sections_of(text: str) -> dict[str, str]:
    """The text under each title of the second level."""
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def program() -> Iterator[ast.Module]:
    """Every module of the provider, parsed."""
    for file in sorted((ROOT / "idp").rglob("*.py")):
        yield ast.parse(file.read_text(encoding="utf-8"))


def names(section: str) -> list[str]:
    """The first cell of each row."""
    return [name for name, _rest in ROW.findall(section)]


def error_classes(trees: list[ast.Module]) -> list[str]:
    """Names of all classes that come from an exception, near or far."""
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known, before = set(ROOTS), -1
    while before != len(known):
        before = len(known)
        known |= {node.name for node in found if _bases(node) & known}
    return [node.name for node in found if _bases(node) & known]


def protocol_errors(trees: list[ast.Module]) -> dict[str, set[str]]:
    """Each error code that is given to `ProtocolError` or written out, with the statuses that it is given."""
    found: dict[str, set[str]] = {"server_error": {"500"}}
    for function in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if not (isinstance(call.func, ast.Name) and call.func.id == "ProtocolError" and call.args):
                continue
            status = next((word.value for word in call.keywords if word.arg == "status"), ast.Constant(400))
            for code in _strings(call.args[0], function):
                found.setdefault(code, set()).update({str(status.value)} if isinstance(status, ast.Constant) else ())
    return found


def alarms(trees: list[ast.Module]) -> Iterator[str]:
    """Events of the log with `alarm=True`."""
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if any(word.arg == "alarm" for word in call.keywords) and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def _classes_told(sections: dict[str, str]) -> Counter[str]:
    told = Counter(name for title in CLASS_SECTIONS for name in names(sections[title]))
    for header in ("finding", "event"):
        told -= Counter(_rows_of(sections["Operators"], header))
    return told


def _differences(kind: str, told: Counter[str], real: Counter[str]) -> Iterator[str]:
    yield from (f"{kind} without a row: {name}" for name in sorted(real - told))
    yield from (f"row without {kind}: {name}" for name in sorted(told - real))


def _statuses(section: str, trees: list[ast.Module]) -> Iterator[str]:
    real = protocol_errors(trees)
    for code, rest in ROW.findall(section):
        told = set(rest.split(" | ")[0].split(", "))
        if missing := real.get(code, set()) - told:
            yield f"status of {code} not told: {', '.join(sorted(missing))}"


def _findings(table: str) -> Iterator[str]:
    told = {name: tuple(rest.split(" | ")) for name, rest in ROW.findall(table)}
    real = {name: (str(severity), advice) for name, (severity, advice) in CATALOGUE.items()}
    for name in sorted(told.keys() | real.keys()):
        if told.get(name) != real.get(name):
            yield f"finding {name} is told as {told.get(name)}, and is {real.get(name)}"


def _words(section: str) -> Iterator[str]:
    with WORDS.open("rb") as file:
        said = {message.id for message in read_po(file, locale="en") if isinstance(message.id, str)}
    for row in re.findall(r"^\| (?!---|refusal|status)(.*) \|$", section, re.MULTILINE):
        quoted = QUOTED.fullmatch(row.split(" | ")[1])
        if quoted and quoted[1] not in said:
            yield f"no page says: «{quoted[1]}»"


def _table(section: str, header: str) -> str:
    """The one table whose first column has that header."""
    found = re.search(rf"^\| {header} \|.*\n((?:\|.*\n)+)", section, re.MULTILINE)
    return found[1] if found else ""


def _rows_of(section: str, header: str) -> list[str]:
    return names(_table(section, header))


def _bases(node: ast.ClassDef) -> set[str]:
    return {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases}


def _strings(value: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """The strings that an expression may be: a constant, a choice between two, or a name given one here."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _strings(value.body, function)
        yield from _strings(value.orelse, function)
    elif isinstance(value, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == value.id for t in node.targets):
                yield from _strings(node.value, function)


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(f"docs/errors.md: {problem}" for problem in wrong))
    sys.exit(bool(wrong))
