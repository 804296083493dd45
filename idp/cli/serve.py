"""`idp serve`: the web server."""

import click
from granian.constants import Interfaces
from granian.server import Server

from idp.app import create_app
from idp.settings import Settings


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Answer pages and endpoints until SIGTERM."""
    create_app(settings).extensions["idp"].hot.close()
    Server(
        "idp.wsgi:application",
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        workers=settings.server.workers,
        blocking_threads=settings.server.threads,
        websockets=False,
        log_access=False,
        workers_kill_timeout=10,
    ).serve()
