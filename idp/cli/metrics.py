"""`idp metrics`: the private listener for Prometheus, which `idp serve` starts beside its processes."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import click
from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select

from idp import clock, limits
from idp.audit import sealing
from idp.cli.context import application
from idp.cli.parent import end_with
from idp.db import db
from idp.delivery.models import Message
from idp.flows.codes import BUDGET
from idp.settings import Settings


class Moment:
    """Gauges read from the database when Prometheus asks."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._app.app_context():
            left = self._settings.sms.budget_per_hour - limits.used(BUDGET)
            counted = select(Message.state, func.count(), func.min(Message.created_at)).group_by(Message.state)
            unsealed, since = sealing.unsealed()
            found = {state: (count, oldest) for state, count, oldest in db.session.execute(counted)}
        waiting, oldest = found.get("waiting", (0, None))
        dead, _ = found.get("dead", (0, None))
        age = (clock.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("idp_sms_budget_left", "SMS codes that may still leave this hour", left)
        yield GaugeMetricFamily("idp_outbox_waiting", "Messages that wait to leave", waiting)
        yield GaugeMetricFamily("idp_outbox_oldest_seconds", "Age of the oldest message that waits", max(0, age))
        yield GaugeMetricFamily("idp_outbox_dead", "Messages that could not leave", dead)
        late = (clock.now() - since).total_seconds() if since else 0
        yield GaugeMetricFamily("idp_audit_unsealed", "Lines of the audit log that wait to be sealed", unsealed)
        yield GaugeMetricFamily("idp_audit_unsealed_oldest_seconds", "Age of the oldest of them", max(0, late))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--end-with", "parent", type=int, hidden=True)
@click.pass_obj
def command(settings: Settings, folder: str, parent: int | None) -> None:
    """Answer Prometheus with what the server processes wrote into FOLDER, until SIGTERM."""
    if parent is not None:
        end_with(parent)
    ended = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with application(settings) as app:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        registry.register(Moment(app, settings))
        server, _thread = start_http_server(settings.metrics.port, settings.metrics.host, registry)
        ended.wait()
        server.shutdown()
