"""The settings file's documentation, made from the settings themselves."""

import ast
import inspect
import itertools
import sys
from typing import get_type_hints

from idp.settings.section import Section
from idp.settings.whole import Settings


def example() -> str:
    """The text of `config.example.toml`: every setting with its default, commented out, under its documentation."""
    lines = ["# Every setting, with its default. Uncomment what you change. The environment wins: IDP_SECTION__KEY."]
    for name, kind in get_type_hints(Settings).items():
        lines += ["", f"# {inspect.getdoc(kind)}", f"[{name}]"]
        for key, text in _documentation(kind).items():
            default = getattr(kind(), key)
            lines += [f"# {text}", f"# {key} = {_toml(default)}"]
    return "\n".join(lines) + "\n"


def _documentation(kind: type[Section]) -> dict[str, str]:
    """The docstring under each field."""
    tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    texts = {}
    for field, following in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(following, ast.Expr):
            texts[field.target.id] = str(ast.literal_eval(following.value))
    return texts


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
