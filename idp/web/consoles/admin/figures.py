"""Live figures: what the last day saw hour by hour, the SMS budget, the queue; each chart is a table too."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from idp import clock, limits
from idp.audit import figures, sealing
from idp.clock import PARIS
from idp.db import db
from idp.delivery.models import Message
from idp.flows.codes import BUDGET
from idp.staff.borders import administered
from idp.web import security
from idp.web.consoles import navigation
from idp.web.consoles.admin import words
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to

navigation.add("administrator", "show_figures", lambda: _("Chiffres"), "chart")

HOURS = 24
TALL = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of a chart."""

    label: str
    count: int
    height: int
    """Of TALL, for the highest."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A day of one kind of act."""

    title: str
    bars: list[Bar]
    total: int

    @property
    def highest(self) -> Bar:
        """The first hour that saw the most."""
        return max(self.bars, key=lambda bar: bar.count)


@pages.get("/chiffres")
@opened_to("administrator", border=administered)
def show_figures() -> Answer:
    """The page."""
    settings = security.settings()
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(Message.created_at)).where(Message.state == "waiting")
    ).one()
    dead = db.session.scalar(select(func.count()).where(Message.state == "dead"))
    return show(
        "admin/figures",
        charts=[_chart(str(title), events) for title, events in words.CHARTS],
        budget=settings.sms.budget_per_hour,
        left=settings.sms.budget_per_hour - limits.used(BUDGET),
        waiting=waiting,
        oldest=int((clock.now() - oldest).total_seconds()) if oldest else 0,
        dead=dead,
        unsealed=sealing.unsealed()[0],
        tall=TALL,
    )


def _chart(title: str, events: tuple[str, ...]) -> Chart:
    hours = [(hour, sum(counted.values())) for hour, counted in figures.by_hour(events, HOURS).items()]
    highest = max(count for _hour, count in hours) or 1
    bars = [Bar(_label(hour), count, -(-count * TALL // highest)) for hour, count in hours]
    return Chart(title, bars, sum(count for _hour, count in hours))


def _label(hour: Any) -> str:
    local = hour.astimezone(PARIS)
    return f"{local.hour} h"
