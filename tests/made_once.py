"""What every test would otherwise pay for, made once a process: templates and routes compiled, keys read, databases
migrated."""

import functools
import gc
import shutil
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives import serialization
from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from idp.app import create_app
from idp.cli.migrate import upgrade
from idp.db import db
from idp.delivery import messages
from idp.settings import build


class CompiledTemplates(BytecodeCache):
    """Templates by file and content, so that each is compiled for the first application that shows it."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class CompiledRoutes:
    """What werkzeug makes of a rule, by all that the rule says: each application has the same two hundred."""

    MADE = ("arguments", "_parts", "_trace", "_converters")

    def __init__(self) -> None:
        self._compile = Rule.compile
        self._kept: dict[str, Rule] = {}

    def compile(self, rule: Rule) -> None:
        first = self._kept.setdefault(f"{rule.rule} {rule.defaults} {rule.subdomain} {rule.merge_slashes}", rule)
        if first is rule:
            self._compile(rule)
            return
        for name in self.MADE:
            setattr(rule, name, getattr(first, name))
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(first, name).__func__.__get__(rule))


def keep_what_is_compiled() -> None:
    """From now on a template and a route are compiled once, and the numbers of an RSA key are checked once."""
    routes = CompiledRoutes()
    Rule.compile = lambda rule: routes.compile(rule)  # type: ignore[method-assign]
    compiled = CompiledTemplates()
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": compiled}
    messages.Environment = functools.partial(Environment, bytecode_cache=compiled)  # type: ignore[misc,assignment]
    serialization.load_pem_private_key = functools.cache(serialization.load_pem_private_key)


def migrate(url: str, folder: Path) -> None:
    """Give the database at that address this version's tables, as `idp migrate` does."""
    tables: dict[str, Any] = {
        "server": {"demo": True},
        "database": {"url": url, "synchronous": "NORMAL"},
        "keys": {"directory": str(folder / "keys")},
    }
    app = create_app(build(tables))
    upgrade(app)
    with app.app_context():
        db.engine.dispose()
    app.extensions["idp"].hot.close()


class SqliteTemplate:
    """A migrated file; a copy of it is a new database."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "idp.db"
        migrate(f"sqlite:///{self._file}", folder)

    def copy(self, folder: Path) -> str:
        shutil.copy(self._file, folder / "idp.db")
        return f"sqlite:///{folder}/idp.db"


class PostgresqlTemplate:
    """A migrated database of a server; a copy of it is a new database."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._execute("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off")
        self._execute("SELECT pg_reload_conf()", "CREATE DATABASE migrated")
        migrate(self._address("migrated"), folder)

    def copy(self, name: str) -> str:
        self._execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
        return self._address(name)

    def _address(self, name: str) -> str:
        return self._server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def leave_modules_to_themselves() -> None:
    """The collector looks no more at what the imports made, and comes more seldom: it took a third of a test's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
