"""What has ended and is not needed any more, table by table: one batch at a time, and how many rows it was."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from idp import audit, clock
from idp.accounts.letters.models import Letter
from idp.accounts.links import MailLink
from idp.accounts.models import LoginAttempts, Session
from idp.db import db
from idp.flows.models import Flow
from idp.grants.models import Grant
from idp.settings import Settings


def flows(settings: Settings) -> int:
    """Journeys that nobody can go on with."""
    return _delete(Flow.id, Flow.ends_at <= _hours_ago(settings), settings)


def links(settings: Settings) -> int:
    """Links of mails, used or not, whose time is over."""
    return _delete(MailLink.digest, MailLink.ends_at <= _hours_ago(settings), settings)


def sessions(settings: Settings) -> int:
    """Browser sessions past their absolute end."""
    return _delete(Session.id, Session.ends_at <= _hours_ago(settings), settings)


def login_failures(settings: Settings) -> int:
    """Counted wrong passwords whose window and lock are over."""
    counted = dt.timedelta(minutes=settings.login.window_minutes + settings.login.lock_minutes)
    return _delete(LoginAttempts.target, LoginAttempts.first_at <= _hours_ago(settings) - counted, settings)


def grants(settings: Settings) -> int:
    """What services were given and can use no longer; until then a replayed code or token still meets its row."""
    ended = clock.now() - dt.timedelta(days=settings.retention.grant_days)
    return _delete(Grant.id, Grant.ends_at <= ended, settings)


def letters(settings: Settings) -> int:
    """That a letter was printed, by whom it was used."""
    ended = clock.now() - dt.timedelta(days=settings.retention.letter_days)
    return _delete(Letter.id, Letter.ends_at <= ended, settings)


def audit_lines(settings: Settings) -> int:
    """Lines of the audit log after the legal time; its chain stays verifiable."""
    before = clock.now() - dt.timedelta(days=settings.retention.audit_days)
    return audit.prune(before, settings.retention.batch)


def _hours_ago(settings: Settings) -> dt.datetime:
    return clock.now() - dt.timedelta(hours=settings.retention.ended_hours)


def _delete(key: InstrumentedAttribute[Any], ended: ColumnElement[bool], settings: Settings) -> int:
    which = select(key).where(ended).limit(settings.retention.batch)
    gone = delete(key.class_).where(key.in_(which), ended).returning(key)
    return len(db.session.execute(gone.execution_options(synchronize_session=False)).all())
