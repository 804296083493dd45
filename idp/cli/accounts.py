"""`idp accounts`: what support does to parents' accounts."""

import click

from idp.accounts import identifiant as identifiants
from idp.cli.context import application
from idp.clock import PARIS
from idp.db import db
from idp.flows import merging
from idp.flows.errors import NotMerged, UndoTooLate
from idp.settings import Settings


@click.group()
def command() -> None:
    """Parents' accounts."""


@command.command("undo-merge")
@click.argument("identifiant")
@click.pass_obj
def undo_merge(settings: Settings, identifiant: str) -> None:
    """Open the account IDENTIFIANT again, which was closed when its children went to another account."""
    with application(settings):
        try:
            merging.undo(identifiants.normalise(identifiant), language=settings.site.languages[0])
        except NotMerged:
            raise click.ClickException(f"{identifiant}: no account of that name was closed by a merge") from None
        except UndoTooLate as refusal:
            until = refusal.ended_at.astimezone(PARIS)
            raise click.ClickException(f"{identifiant}: could be undone until {until:%d/%m/%Y %H:%M}") from None
        db.session.commit()
    click.echo(f"{identifiant} is open again, with its own children; both owners are told by mail")
