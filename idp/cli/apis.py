"""`idp apis`: APIs of others that take our access tokens, each with its own scopes."""

import click

from idp.cli.context import application
from idp.db import db
from idp.relying_parties import resource_servers
from idp.relying_parties.errors import InvalidMetadata
from idp.settings import Settings


@click.group()
def command() -> None:
    """APIs that take our access tokens."""


@command.command()
@click.argument("identifier")
@click.option("--name", required=True, help="The name that parents read.")
@click.option("--scope", "scopes", multiple=True, help="A scope of this API alone; may be repeated.")
@click.pass_obj
def add(settings: Settings, /, identifier: str, name: str, scopes: tuple[str, ...]) -> None:
    """Register an API by its identifier (the `resource` and `aud` of its tokens), or change its name and scopes."""
    with application(settings):
        try:
            resource_servers.register(identifier, name, scopes)
        except InvalidMetadata as refusal:
            raise click.ClickException("\n".join(refusal.problems)) from refusal
        db.session.commit()
    click.echo(f"{identifier}: {' '.join(scopes) or 'no scope'}")


@command.command("list")
@click.pass_obj
def list_apis(settings: Settings) -> None:
    """Show each API: identifier, scopes, name."""
    with application(settings):
        for server in resource_servers.list_all():
            click.echo(f"{server.identifier}  [{server.scope}]  {server.name}")
