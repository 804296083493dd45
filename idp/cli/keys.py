"""`idp keys`: make, rotate and list the keys."""

import datetime as dt
from pathlib import Path

import click

from idp import audit, clock
from idp.cli.context import application, operator
from idp.db import db
from idp.provider import keys
from idp.settings import Settings


@click.group()
def command() -> None:
    """Signing and sealing keys."""


@command.command()
@click.pass_obj
def generate(settings: Settings) -> None:
    """Make the keys that are missing; those that exist stay as they are."""
    made = keys.generate(Path(settings.keys.directory))
    for path in made:
        click.echo(f"made {path}")
    if not made:
        click.echo("nothing is missing")


@command.command()
@click.option(
    "--algorithm",
    "algorithms",
    multiple=True,
    type=click.Choice(tuple(keys.STATES)),
    help="Only the keys of this algorithm; may be repeated. Without it: all but EdDSA.",
)
@click.pass_obj
def rotate(settings: Settings, algorithms: tuple[str, ...]) -> None:
    """The next key signs from now on; the current one retires; a new next one is published.

    Ed25519 keys rotate when they are named: the OpenID Foundation's suite takes a new one for a fault.
    """
    now = int(clock.now().timestamp())
    chosen = algorithms or keys.USUAL
    keys.rotate(
        Path(settings.keys.directory), now=now, keep_seconds=keys.published_seconds(settings.tokens), algorithms=chosen
    )
    with application(settings):
        audit.record("key.rotated", by=operator(), algorithms=" ".join(chosen))
        db.session.commit()
    click.echo(
        f"rotated {', '.join(chosen)}; every process signs with new keys within {settings.keys.reload_seconds} seconds"
    )


@command.command()
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def revoke(settings: Settings, kid: str, yes: bool) -> None:
    """Take the key KID away at once, because somebody else may have it: tokens that it signed are worth nothing.

    A current key is followed by the next one.
    """
    if not yes:
        click.confirm(f"Take {kid} away? Tokens that it signed are refused from then on.", abort=True)
    keys.revoke(Path(settings.keys.directory), kid)
    with application(settings):
        audit.record("key.revoked", by=operator(), kid=kid)
        db.session.commit()
    click.echo(f"{kid} is gone; every process knows within {settings.keys.reload_seconds} seconds")


@command.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """Show each signing key: algorithm, identifier, state."""
    for file in keys.list_files(Path(settings.keys.directory)):
        until = dt.datetime.fromtimestamp(file.until, dt.UTC).isoformat() if file.until else ""
        click.echo(f"{file.alg}  {file.kid}  {file.state}  {until}".rstrip())
    for problem in keys.problems(Path(settings.keys.directory)):
        click.echo(problem, err=True)
