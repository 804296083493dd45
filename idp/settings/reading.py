"""One TOML file and the environment (`IDP_SECTION__KEY`) read into settings; every problem is told at once."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from idp.errors import ConfigurationError
from idp.settings.contradictions import find_contradictions
from idp.settings.section import Section
from idp.settings.whole import Settings


def load(path: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file (`path`, else `IDP_CONFIG`, else `config.toml` if it exists) and the environment.

    Raises ConfigurationError with every problem: unknown section or key, wrong type, value out of range.
    """
    file = Path(path or environ.get("IDP_CONFIG") or "config.toml")
    tables: dict[str, Any] = {}
    if file.exists():
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError([f"{file}: not a TOML file in UTF-8: {error}"]) from error
    elif path or environ.get("IDP_CONFIG"):
        raise ConfigurationError([f"{file}: no such file"])
    return build(tables, environ)


def build(tables: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from TOML tables and environment variables. Raises ConfigurationError with every problem."""
    problems: list[str] = []
    sections: dict[str, Section] = {}
    types: dict[str, type[Section]] = get_type_hints(Settings)
    values = {name: dict(table) if isinstance(table, dict) else table for name, table in tables.items()}
    _add_environment(values, environ or {}, types, problems)
    for name, table in values.items():
        if name not in types:
            problems.append(f"[{name}]: no such section; there are {', '.join(types)}")
        elif not isinstance(table, dict):
            problems.append(f"{name}: must be a table, [{name}]")
        else:
            sections[name] = _section(name, types[name], table, problems)
    if not problems:
        settings = Settings(**sections)  # type: ignore[arg-type]  # each section was built with its own type
        problems = find_contradictions(settings)
    if problems:
        raise ConfigurationError(problems)
    return settings


def _add_environment(
    values: dict[str, Any], environ: Mapping[str, str], types: Mapping[str, type[Section]], problems: list[str]
) -> None:
    for variable, text in environ.items():
        if not variable.startswith("IDP_") or "__" not in variable:
            continue
        section, _, key = variable[4:].lower().partition("__")
        if section not in types or key not in types[section].__struct_fields__:
            problems.append(f"{variable}: no such setting")
            continue
        kind = get_type_hints(types[section], include_extras=True)[key]
        table = values.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = tuple(filter(None, text.split(","))) if "tuple" in str(kind) else _from_text(text, kind)


def _from_text(text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return text


def _section(name: str, kind: type[Section], table: Mapping[str, Any], problems: list[str]) -> Section:
    hints = get_type_hints(kind, include_extras=True)
    accepted: dict[str, Any] = {}
    for key, value in table.items():
        if key not in hints:
            problems.append(f"{name}.{key}: no such setting; [{name}] has {', '.join(hints)}")
            continue
        try:
            accepted[key] = msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            problems.append(f"{name}.{key}: {error}")
    return kind(**accepted)
