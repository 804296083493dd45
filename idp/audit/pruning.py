"""Deleting lines after their time, without breaking the chain: an anchor stands for what is gone."""

import datetime as dt

from sqlalchemy import delete, select

from idp import clock
from idp.audit.models import Anchor, AuditEntry, Seal
from idp.audit.signing import AuditKey
from idp.db import db, sealing


def prune(before: dt.datetime, batch: int) -> int:
    """Delete sealed lines older than `before`, from the chain's beginning, at most `batch`; how many.

    In the current transaction; call it again until it gives 0. Lines that are not sealed yet stay. Raises
    ConfigurationError without the audit log's key.
    """
    query = select(AuditEntry.seq, AuditEntry.at, AuditEntry.digest).where(AuditEntry.seq.is_not(None))
    last = None
    count = 0
    for row in db.session.execute(query.order_by(AuditEntry.seq).limit(batch)):
        if row.at >= before:
            break
        last, count = row, count + 1
    if last is None:
        return 0
    key = AuditKey.load(sealing.directory(db.engine.dialect))
    now = clock.now()
    signature = key.sign("anchor", last.seq, last.digest, clock.to_milliseconds(now))
    db.session.add(Anchor(seq=last.seq, digest=last.digest, pruned_at=now, signature=signature))
    db.session.flush()
    db.session.execute(delete(AuditEntry).where(AuditEntry.seq <= last.seq))
    db.session.execute(delete(Seal).where(Seal.last_seq <= last.seq))
    db.session.execute(delete(Anchor).where(Anchor.seq < last.seq))
    return count
