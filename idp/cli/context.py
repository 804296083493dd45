"""What every command needs: the records around the database."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from flask import Flask

from idp.db import db
from idp.errors import Refusal
from idp.records import open_records
from idp.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def application(settings: Settings) -> Iterator[Flask]:
    """The records with their context pushed, so that `db.session` works; closed at the end."""
    app = open_records(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


@contextmanager
def acting(settings: Settings) -> Iterator[None]:
    """The application; what is refused is told, what is done is committed."""
    with application(settings):
        try:
            yield
        except Refusal as refusal:
            raise explained(refusal) from refusal
        db.session.commit()


def explained(refusal: Refusal) -> click.ClickException:
    """What is wrong with a document, a line each; of any other refusal its name and facts."""
    problems = refusal.facts.get("problems")
    text = "\n".join(problems) if isinstance(problems, list) else f"{type(refusal).__name__} {refusal.facts}"
    return click.ClickException(text)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Options that several commands take, as one decorator; `--help` shows them in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def operator() -> str:
    """Who types the command, for the audit log: `cli:` and the name of the system's user."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"  # A container may run under a number without a name.
