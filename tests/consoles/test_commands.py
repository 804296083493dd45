"""Every act of the consoles is an `idp` command, as docs/consoles.md tells."""

import re
from pathlib import Path

import click
from flask import Flask

from idp.cli import main
from tests.consoles.matrix import doors

PAGE = (Path(__file__).parents[2] / "docs" / "consoles.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`/gestion/[^|]+) \| (`idp [^|]+) \|$", PAGE, re.MULTILINE)
CHOICE = re.compile(r"<any\(([^)]*)\):\w+>")
ONES_OWN = ("/gestion/ma-session/", "/gestion/confirmer", "/gestion/deconnexion")


def addresses(rule: str) -> list[str]:
    """The rule, once for each value of a choice in it."""
    choice = CHOICE.search(rule)
    return [rule.replace(choice[0], value.strip(' "')) for value in choice[1].split(",")] if choice else [rule]


def test_each_act_of_a_console_has_its_command(app: Flask) -> None:
    """A new page with a form belongs into the table, beside the command that does the same."""
    posts = [door.rule.rule for door in doors(app) if door.method == "POST" and door.guard.roles]
    acts = {address for rule in posts if not rule.startswith(ONES_OWN) for address in addresses(rule)}

    assert acts == {page for pages, _commands in ROWS for page in re.findall(r"`([^`]+)`", pages)}


def test_each_command_that_is_named_exists() -> None:
    context = click.Context(main)

    for named in {command for _pages, commands in ROWS for command in re.findall(r"`idp ([^`]+)`", commands)}:
        subject, act, *options = named.split()
        group = main.get_command(context, subject)
        assert isinstance(group, click.Group), named
        assert act in group.commands, named
        assert set(options) <= {name for one in group.commands[act].params for name in one.opts}, named
