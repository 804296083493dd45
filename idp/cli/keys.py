"""`idp keys`: make, rotate and list the keys."""

import datetime as dt
from pathlib import Path

import click

from idp import clock
from idp.provider import keys
from idp.settings import Settings

MARGIN_SECONDS = 3600
"""A retired key stays published that long after the last token it signed ended: relying parties cache the JWKS."""

USUAL = tuple(alg for alg in keys.STATES if alg != "EdDSA")


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
    longest = max(settings.tokens.id_token_seconds, settings.tokens.access_token_seconds)
    now = int(clock.now().timestamp())
    chosen = algorithms or USUAL
    keys.rotate(Path(settings.keys.directory), now=now, keep_seconds=longest + MARGIN_SECONDS, algorithms=chosen)
    click.echo(
        f"rotated {', '.join(chosen)}; every process signs with new keys within {settings.keys.reload_seconds} seconds"
    )


@command.command("list")
@click.pass_obj
def list_keys(settings: Settings) -> None:
    """Show each signing key: algorithm, identifier, state."""
    for file in keys.list_files(Path(settings.keys.directory)):
        until = dt.datetime.fromtimestamp(file.until, dt.UTC).isoformat() if file.until else ""
        click.echo(f"{file.alg}  {file.kid}  {file.state}  {until}".rstrip())
    for problem in keys.problems(Path(settings.keys.directory)):
        click.echo(problem, err=True)
