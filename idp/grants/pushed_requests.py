"""Housekeeping of pushed authorization requests that nobody answered."""

from sqlalchemy import delete, select

from idp import clock
from idp.db import db
from idp.grants.models import PushedRequest


def sweep(batch: int = 1000) -> int:
    """Delete those that no login can need any more, at most `batch`; how many."""
    ended = select(PushedRequest.id).where(PushedRequest.ends_at <= clock.now()).order_by(PushedRequest.ends_at)
    gone = db.session.execute(
        delete(PushedRequest).where(PushedRequest.id.in_(ended.limit(batch))).returning(PushedRequest.id)
    )
    return len(gone.all())
