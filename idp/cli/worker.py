"""`idp worker`: delivers messages."""

import signal
import threading
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from types import FrameType

import click
import msgspec
import structlog
from flask import Flask

from idp.accounts import bounces
from idp.audit.sealing import Sealer
from idp.cli.context import application
from idp.cli.parent import end_with
from idp.db.hot import open_hot_path
from idp.delivery import outbox
from idp.delivery.senders import Sender, from_settings
from idp.delivery.worker import Delivery
from idp.flows import school_records
from idp.flows.desk import Desk
from idp.flows.retention.housekeeping import Housekeeper
from idp.franceconnect.authorization import CALLBACK
from idp.franceconnect.logins import UpstreamLogins
from idp.franceconnect.watch import Watch
from idp.provider.backchannel import CHANNEL, BackChannel
from idp.provider.core import Provider
from idp.settings import Settings

log = structlog.get_logger(__name__)

LOGOUT_THREADS = 2
PAUSE_SECONDS = 1
"""Before a part that broke begins again."""


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
    with application(settings) as app, closing(open_hot_path(settings.database)) as hot:
        protocol = Provider(settings, hot)
        told = _logout_deliveries(protocol, settings, stop)
        deliveries = _deliveries(senders, settings, stop)
        keeper = Housekeeper(settings, stop)
        sealer = Sealer(settings.keys.directory, stop)
        upstreams = UpstreamLogins(settings, protocol.assert_ourselves)
        watch = Watch(upstreams, settings.server.issuer + CALLBACK, stop)
        if once:
            while not stop.is_set() and sum(each.run_once() for each in (*deliveries, told[0])) > 0:
                pass
            sealer.seal_all()
        else:
            click.echo(f"idp worker: delivering {', '.join(senders) or 'nothing: no gateway, no relay is set'}")
            parts = (*deliveries, *told, sealer, keeper, watch)
            threads = [threading.Thread(target=keep, args=(app, part, stop)) for part in parts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


def senders_of(settings: Settings) -> dict[str, Sender]:
    """Every sender, by channel: those that the settings name, and what the worker does itself."""
    return {**from_settings(settings), outbox.LATER: Desk()}


def _deliveries(senders: Mapping[str, Sender], settings: Settings, stop: threading.Event) -> list[Delivery]:
    """Each channel apart from the others: a relay that hangs delays no code."""
    chores = {outbox.LATER: (partial(school_records.apply_corrections, settings),)}
    return [
        Delivery({channel: sender}, settings.worker, stop, chores.get(channel, ()), on_return=bounces.mark)
        for channel, sender in senders.items()
    ]


def _logout_deliveries(protocol: Provider, settings: Settings, stop: threading.Event) -> list[Delivery]:
    """Back-channel logout apart from the rest, one message at a time: a client that is slow delays no code."""
    sender = BackChannel(protocol)
    one_at_a_time = msgspec.structs.replace(settings.worker, batch=1)
    return [Delivery({CHANNEL: sender}, one_at_a_time, stop) for _thread in range(LOGOUT_THREADS)]


def keep(app: Flask, part: Delivery | Sealer | Housekeeper | Watch, stop: threading.Event) -> None:
    """Run a part of the worker until told to stop. One that breaks begins again: nobody else does its work."""
    while not stop.is_set():
        try:
            with app.app_context():
                part.run()
            return
        except Exception as error:
            # No traceback: it may hold what a message holds.
            log.error("worker_broke", alarm=True, part=type(part).__name__, error=type(error).__name__)
            stop.wait(PAUSE_SECONDS)
