"""`idp accounts require-new-password`: after a leak, passwords that open nothing any more."""

import sys
from collections.abc import Iterator
from typing import TextIO

import click
from rich.console import Console
from rich.progress import Progress

from idp.cli.context import application, operator
from idp.db import db
from idp.flows import new_password_due
from idp.flows.new_password_due import Outcome, Pace
from idp.registry.errors import UaiInvalid
from idp.registry.service import check_uai
from idp.settings import Settings

Batches = Iterator[tuple[list[str], int]]
"""Ids of accounts, and how many lines named none."""


@click.command("require-new-password")
@click.option(
    "--file", "file", type=click.File("r", encoding="utf-8"), help="Identifiants or ids, one a line; - is stdin."
)
@click.option("--school", "uai", default="", help="Every account that this school (UAI) knows.")
@click.option("--all", "everybody", is_flag=True, help="Every account.")
@click.option("--reason", required=True, help="Why; kept in the audit log. No name, no address.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Accounts a transaction.")
@click.option(
    "--mails-per-hour",
    type=click.IntRange(1),
    default=20_000,
    show_default=True,
    help="So many owners are told an hour.",
)
@click.option("--yes", is_flag=True, help="Do not ask before --all.")
@click.pass_obj
def command(
    settings: Settings,
    file: TextIO | None,
    uai: str,
    everybody: bool,
    reason: str,
    dry_run: bool,
    batch: int,
    mails_per_hour: int,
    yes: bool,
) -> None:
    """End the passwords of many accounts after a leak: sessions, tokens, links and letters that wait end too.

    Owners choose a new one by a mail, an SMS or FranceConnect; the old one shows them how, and opens nothing. Who has a
    confirmed address is told. A stopped run is begun again with the same words: what was done is left alone.
    """
    if sum(map(bool, (file, uai, everybody))) != 1:
        raise click.UsageError("Give one of --file, --school and --all.")
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why.")
    if everybody and not dry_run and not yes:
        click.confirm("End the password of every account?", abort=True)
    with application(settings):
        pace = Pace(mails_per_hour)
        total, unknown = Outcome(), 0
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("Accounts", total=None)
            for ids, missing in _batches(file, uai, batch):
                total += (
                    new_password_due.look(ids) if dry_run else new_password_due.demand(ids, reason, operator(), pace)
                )
                db.session.commit()
                unknown += missing
                progress.advance(task, len(ids))
    _tell(total, unknown, dry_run)


def _batches(file: TextIO | None, uai: str, batch: int) -> Batches:
    if file is not None:
        return new_password_due.ids_of(file, batch)
    if uai:
        try:
            school = check_uai(uai)
        except UaiInvalid:
            raise click.ClickException(f"{uai}: not a school's UAI") from None
        return ((ids, 0) for ids in new_password_due.ids_of_school(school, batch))
    return ((ids, 0) for ids in new_password_due.all_ids(batch))


def _tell(total: Outcome, unknown: int, dry_run: bool) -> None:
    will = "would end" if dry_run else "ended"
    click.echo(f"{total.accounts} passwords, {total.sessions} sessions and {total.letters} letters {will}.")
    click.echo(f"{total.mails} owners {'would be' if dry_run else 'are'} told by mail.")
    if total.without_proof:
        click.echo(
            f"{total.without_proof} have neither mail, mobile nor FranceConnect: a letter or the assistance helps."
        )
    if unknown:
        click.echo(f"{unknown} lines of the file name no account.", err=True)
