"""Kill switches: what an operator turns off at once, on every process, without a new configuration or a restart.

A switch that has no row is on. When the database does not answer, what asks for a switch fails with it: closed.
"""

import datetime as dt

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from idp import audit, clock
from idp.db import Base, db

NAMES = ("sms", "dynamic_registration")
"""sms: no code leaves by SMS, for anybody. dynamic_registration: nobody registers a client by himself."""


class Switch(Base):
    """Something that is turned off; the row goes when it is turned on again."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    off_at: Mapped[dt.datetime]
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))


def is_off(name: str) -> bool:
    """Whether somebody turned it off."""
    return db.session.scalar(select(Switch.name).where(Switch.name == name)) is not None


def list_off() -> dict[str, Switch]:
    """Everything that is off."""
    return {switch.name: switch for switch in db.session.scalars(select(Switch))}


def turn_off(name: str, reason: str, *, by: str) -> None:
    """From now on. Raises ValueError for a name that is none."""
    if name not in NAMES:
        raise ValueError(name)
    if not is_off(name):
        db.session.add(Switch(name=name, off_at=clock.now(), by=by, reason=reason[:200]))
        audit.record("switch.off", by=by, switch=name, reason=reason)
        db.session.flush()


def turn_on(name: str, *, by: str) -> None:
    """Again as the settings say."""
    switch = db.session.get(Switch, name)
    if switch is not None:
        db.session.delete(switch)
        audit.record("switch.on", by=by, switch=name)
        db.session.flush()
