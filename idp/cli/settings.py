"""`idp settings`: the settings file's documentation."""

import click

from idp.settings.documentation import example


@click.command()
def command() -> None:
    """Print a settings file with every setting, its default and what it does."""
    click.echo(example(), nl=False)
