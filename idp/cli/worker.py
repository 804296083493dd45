"""`idp worker`: delivers messages."""

import signal
import threading
from types import FrameType

import click

from idp import limits
from idp.cli.context import application
from idp.cli.parent import end_with
from idp.delivery import outbox
from idp.delivery.senders import Sender, from_settings
from idp.delivery.worker import Delivery
from idp.flows.recovery.mails import Desk
from idp.settings import Settings


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due now, then end.")
@click.option("--end-with", "parent", type=int, hidden=True)
@click.pass_obj
def command(settings: Settings, once: bool, parent: int | None) -> None:
    """Deliver messages until SIGTERM. Any number of workers may run at once."""
    stop = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if parent is not None:
        end_with(parent)
    senders = senders_of(settings)
    with application(settings):
        delivery = Delivery(senders, settings.worker, stop, chores=(limits.sweep, outbox.sweep))
        if once:
            while not stop.is_set() and delivery.run_once():
                pass
        else:
            click.echo(f"idp worker: delivering {', '.join(senders) or 'nothing: no gateway, no relay is set'}")
            delivery.run()


def senders_of(settings: Settings) -> dict[str, Sender]:
    """Every sender, by channel: those that the settings name, and what the worker does itself."""
    return {**from_settings(settings), outbox.LATER: Desk()}
