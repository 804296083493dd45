"""`idp serve`: the web server."""

import os
import tempfile
from contextlib import ExitStack

import click
from granian.constants import Interfaces
from granian.server import Server

from idp.cli.companion import running_beside
from idp.settings import Settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where each server process writes its counters; prometheus_client reads the variable when it is imported."""


@click.command()
@click.option("--with-worker", is_flag=True, help="Deliver messages too: one command for a small machine.")
@click.pass_obj
def command(settings: Settings, with_worker: bool) -> None:
    """Answer pages and endpoints until SIGTERM."""
    until_we_end = ("--end-with", str(os.getpid()))
    with ExitStack() as stack:
        if settings.metrics.port:
            os.environ[METRICS_FOLDER] = stack.enter_context(tempfile.TemporaryDirectory(prefix="idp-metrics-"))
        _check_start(settings)
        if settings.metrics.port:
            stack.enter_context(running_beside(["metrics", os.environ[METRICS_FOLDER], *until_we_end]))
        if with_worker:
            stack.enter_context(running_beside(["worker", *until_we_end]))
        Server(
            "idp.wsgi:application",
            address=settings.server.host,
            port=settings.server.port,
            interface=Interfaces.WSGI,
            workers=settings.server.workers,
            blocking_threads=settings.server.threads,
            respawn_failed_workers=True,
            websockets=False,
            log_access=False,
            workers_kill_timeout=10,
        ).serve()


def _check_start(settings: Settings) -> None:
    """Make the application once, so that what is wrong is told here, and server processes begin with it loaded."""
    # Imported only now: the counters' place is chosen at import, by METRICS_FOLDER.
    from idp.app import create_app

    create_app(settings).extensions["idp"].hot.close()
