"""`idp restored`: makes a database safe that came back from a backup."""

import click

from idp.cli.context import application, operator
from idp.db import db
from idp.flows import restoration
from idp.settings import Settings


@click.command()
@click.option("--reason", required=True, help="Why, and of which day the backup is; kept in the audit log.")
@click.option(
    "--given-since",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="More than the identifiants of one name that may have been given since the backup.",
)
@click.pass_obj
def command(settings: Settings, reason: str, given_since: int) -> None:
    """Run it after restoring a backup, before `idp serve`: nothing that ended since the backup lives again.

    Everybody logs in again and agrees again to what services get; waiting messages are held back (`idp outbox`);
    no identifiant is given twice. Then: `idp audit accept-head`, `idp keys rotate`, and new letters for those not used.
    """
    with application(settings):
        ended = restoration.make_safe(reason, operator(), given_since=given_since)
        db.session.commit()
    for name, number in ended.items():
        click.echo(f"{number:>9}  {name}")
