"""`idp switches`: turn something off at once, everywhere."""

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from idp import switches
from idp.cli.context import application, operator
from idp.clock import PARIS
from idp.db import db
from idp.settings import Settings


@click.group()
def command() -> None:
    """Kill switches: SMS, dynamic registration."""


@command.command("list")
@click.pass_obj
def show(settings: Settings) -> None:
    """Show each switch: on, or off since when, by whom and why."""
    with application(settings):
        off = switches.list_off()
        table = Table("switch", "state", "since", "by", "reason")
        for name in switches.NAMES:
            one = off.get(name)
            since = f"{one.off_at.astimezone(PARIS):%d/%m/%Y %H:%M}" if one else ""
            table.add_row(name, "off" if one else "on", since, one.by if one else "", escape(one.reason) if one else "")
    Console(width=None if Console().is_terminal else 120).print(table)


@command.command()
@click.argument("name", type=click.Choice(switches.NAMES))
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@click.pass_obj
def off(settings: Settings, name: str, reason: str) -> None:
    """Turn NAME off, on every process, from now on."""
    with application(settings):
        switches.turn_off(name, reason, by=operator())
        db.session.commit()
    click.echo(f"{name} is off")


@command.command()
@click.argument("name", type=click.Choice(switches.NAMES))
@click.pass_obj
def on(settings: Settings, name: str) -> None:
    """Turn NAME on again."""
    with application(settings):
        switches.turn_on(name, by=operator())
        db.session.commit()
    click.echo(f"{name} is on")
