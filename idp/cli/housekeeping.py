"""`idp housekeeping`: delete and anonymise what is kept no longer, now."""

import signal
import threading
from types import FrameType

import click

from idp.cli.context import application
from idp.flows.retention.housekeeping import Housekeeper
from idp.settings import Settings


@click.command()
@click.option("--walk", is_flag=True, help="Go through all accounts and school records too: who left, what is old.")
@click.pass_obj
def command(settings: Settings, walk: bool) -> None:
    """Delete and anonymise what is kept no longer ([retention]), now; `idp worker` does it by itself every hour.

    It may be stopped at any time, and begun again.
    """
    stop = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with application(settings):
        keeper = Housekeeper(settings, stop)
        done = (keeper.walk() if walk else {}) | keeper.clean()
    for name, count in done.items():
        if count:
            click.echo(f"{name.replace('_', ' ')}: {count}")
    click.echo("Stopped before the end." if stop.is_set() else "Done.")
