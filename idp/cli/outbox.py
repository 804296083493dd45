"""`idp outbox`: messages that wait, and dead letters."""

from typing import BinaryIO

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import func, select

from idp.accounts import bounces
from idp.cli.context import application
from idp.clock import PARIS
from idp.db import db
from idp.delivery import outbox, returned
from idp.delivery.models import Message
from idp.settings import Settings


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Look at the messages that wait to leave, and at dead letters."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command("list")
@click.option("--state", type=click.Choice(["waiting", "dead"]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Rows shown.")
@click.pass_obj
def show(settings: Settings, state: str | None = None, limit: int = 50) -> None:
    """Show waiting messages and dead letters: ids and reasons, never contents."""
    states = [state] if state else ["waiting", "dead"]
    with application(settings):
        count = select(Message.state, func.count()).where(Message.state.in_(states)).group_by(Message.state)
        totals = {row[0]: row[1] for row in db.session.execute(count)}
        query = select(Message).where(Message.state.in_(states)).order_by(Message.created_at).limit(limit)
        table = _table(list(db.session.scalars(query)))
    console = Console(width=None if Console().is_terminal else 160)
    if totals:
        console.print(table)
    console.print(", ".join(f"{totals.get(name, 0)} {name}" for name in states))


def _table(messages: list[Message]) -> Table:
    table = Table("id", "state", "channel", "purpose", "tries", "created", "next try", "last error")
    for message in messages:
        table.add_row(
            message.id,
            message.state,
            message.channel,
            message.purpose,
            str(message.attempts),
            f"{message.created_at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}",
            f"{message.due_at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}" if message.state == "waiting" else "",
            escape(message.last_error),
        )
    return table


@command.command()
@click.argument("message_id", required=False)
@click.option("--all", "every", is_flag=True, help="Every dead letter.")
@click.pass_obj
def retry(settings: Settings, message_id: str | None, every: bool) -> None:
    """Send a dead letter again (its id), or all of them (--all)."""
    if every == bool(message_id):
        raise click.UsageError("Give the id of a dead letter, or --all.")
    with application(settings):
        count = outbox.retry(message_id)
        db.session.commit()
    if message_id and not count:
        raise click.ClickException(f"{message_id} is not a dead letter.")
    click.echo(f"{count} put back into the queue.")


@command.command()
@click.argument("report", type=click.File("rb"), default="-")
@click.pass_obj
def bounced(settings: Settings, report: BinaryIO) -> None:
    """Read one mail that came back (a delivery status notification, RFC 3464) on the standard input, or from REPORT.

    Its address is marked when nobody can be written to there: no mail goes to it, its owner is asked for another at the
    next login. Anything else is left alone, and said. The mail server calls this: docs/returned-mails.md.
    """
    found = returned.read(report.read(returned.LARGEST + 1))
    if found is None:
        click.echo("ignored: no report about a mail of ours")
        return
    if not found.for_good:
        click.echo(f"ignored: {found.status} says nothing about the address")
        return
    with application(settings):
        count = bounces.mark(found.message_id)
        db.session.commit()
    click.echo(f"{found.status}: {count} accounts marked")
