"""`idp migrate`: the database's tables."""

import click
from alembic import command as alembic
from alembic.config import Config
from flask import Flask

import idp.db
from idp.cli.context import application
from idp.db import db
from idp.settings import Settings


def upgrade(app: Flask) -> None:
    """Run every migration that the database has not seen yet, in one transaction each."""
    config = Config()
    config.set_main_option("script_location", f"{idp.db.__path__[0]}/migrations")
    with app.app_context(), db.engine.connect() as connection:
        config.attributes["connection"] = connection
        alembic.upgrade(config, "head")


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Bring the database to this version's tables. Safe to run again."""
    with application(settings) as app:
        upgrade(app)
    click.echo("The database is up to date.")
