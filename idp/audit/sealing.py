"""Sealing: lines get their number, digest and signature after the act, a batch at a time (no act ever waits for it)."""

import datetime as dt
import threading
from collections import Counter
from pathlib import Path

import structlog
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from idp import clock
from idp.audit import chain, figures, head
from idp.audit.head import Head
from idp.audit.models import Anchor, AuditEntry, Lease, Seal
from idp.audit.signing import AuditKey
from idp.db import db, new_id
from idp.errors import ConfigurationError

log = structlog.get_logger(__name__)

BATCH = 1000
PAUSE_SECONDS = 5
LEASE = dt.timedelta(seconds=60)


def last_sealed() -> Head:
    """The end of the chain as the database has it."""
    seal = db.session.scalar(select(Seal).order_by(Seal.last_seq.desc()).limit(1))
    if seal is not None:
        return Head(seal.last_seq, seal.digest)
    anchor = last_anchor()
    return Head(anchor.seq, anchor.digest) if anchor is not None else Head(0, chain.GENESIS)


def last_anchor() -> Anchor | None:
    """Where the chain begins, if lines were deleted after their time."""
    return db.session.scalar(select(Anchor).order_by(Anchor.seq.desc()).limit(1))


def unsealed() -> tuple[int, dt.datetime | None]:
    """How many lines wait to be sealed, and the oldest one's instant."""
    query = select(func.count(), func.min(AuditEntry.at)).where(AuditEntry.seq.is_(None))
    count, oldest = db.session.execute(query).one()
    return count, oldest


class Sealer:
    """One of any number of workers; the one that holds the lease seals."""

    def __init__(self, directory: str, stop: threading.Event) -> None:
        self._directory = Path(directory)
        self._holder = new_id()
        self._stop = stop

    def run(self) -> None:
        """Seal what there is every few seconds, until told to stop."""
        while not self._stop.is_set():
            try:
                self.seal_all()
            except (DBAPIError, ConfigurationError, OSError) as error:
                db.session.rollback()
                log.error("audit_not_sealed", alarm=True, error=type(error).__name__)
            self._stop.wait(PAUSE_SECONDS)

    def seal_all(self) -> int:
        """Seal every line that is committed by now; how many."""
        total = 0
        key: AuditKey | None = None
        while db.session.scalar(select(AuditEntry.id).where(AuditEntry.seq.is_(None)).limit(1)):
            key = key or AuditKey.load(self._directory)
            count = self._seal_batch(key)
            db.session.commit()
            total += count
            if count < BATCH:
                break
        db.session.rollback()
        if key is not None and total:
            self._keep_head(key)
            _give_back_lease(self._holder)
            db.session.commit()
        return total

    def _seal_batch(self, key: AuditKey) -> int:
        if not _take_lease(self._holder):
            return 0
        before = last_sealed()
        unsealed = select(AuditEntry).where(AuditEntry.seq.is_(None)).order_by(AuditEntry.id).limit(BATCH)
        seq, digest, rows = before.seq, before.digest, []
        counted: figures.Counted = Counter()
        for entry in db.session.scalars(unsealed):
            counted[figures.hour_of(entry.at), entry.event] += 1
            seq += 1
            digest = chain.digest(digest, seq, chain.as_values(entry))
            rows.append({"v_id": entry.id, "v_seq": seq, "v_digest": digest})
        db.session.expunge_all()
        if rows:
            table = AuditEntry.metadata.tables[AuditEntry.__tablename__]
            one = update(table).where(table.c.id == bindparam("v_id"))
            db.session.connection().execute(one.values(seq=bindparam("v_seq"), digest=bindparam("v_digest")), rows)
            db.session.add(_seal(key, before.seq + 1, seq, digest))
            figures.add(counted)
            db.session.flush()
        return len(rows)

    def _keep_head(self, key: AuditKey) -> None:
        """Outside the database, and in the process's log, which is collected elsewhere."""
        reached = last_sealed()
        log.info("audit_sealed", head=str(reached))
        try:
            kept = head.read(self._directory, key)
        except head.Forged:
            log.error("audit_head_forged", alarm=True)
            return
        if kept is not None and not holds(kept):
            log.error("audit_cut", alarm=True, kept=str(kept), found=str(reached))
            return
        head.keep(self._directory, key, reached)


def holds(kept: Head) -> bool:
    """Whether the chain still has the head that was kept; a head whose line was deleted after its time is as good."""
    anchor = last_anchor()
    if anchor is not None and kept.seq <= anchor.seq:
        return kept.seq < anchor.seq or kept.digest == anchor.digest
    return db.session.scalar(select(AuditEntry.digest).where(AuditEntry.seq == kept.seq)) == kept.digest


def _seal(key: AuditKey, first: int, last: int, digest: bytes) -> Seal:
    now = clock.now()
    signature = key.sign("seal", first, last, digest, clock.to_milliseconds(now))
    return Seal(first_seq=first, last_seq=last, digest=digest, sealed_at=now, signature=signature)


def _take_lease(holder: str) -> bool:
    """One statement decides; its row lock also keeps a second sealer out until the batch is committed."""
    now = clock.now()
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    new = insert(Lease).values(id=1, holder=holder, ends_at=now + LEASE)
    mine_or_free = (Lease.holder == holder) | (Lease.ends_at <= now)
    values = {"holder": new.excluded.holder, "ends_at": new.excluded.ends_at}
    statement = new.on_conflict_do_update(index_elements=[Lease.id], set_=values, where=mine_or_free)
    return db.session.execute(statement.returning(Lease.id)).first() is not None


def _give_back_lease(holder: str) -> None:
    db.session.execute(update(Lease).where(Lease.holder == holder).values(ends_at=clock.now()))
