"""Reading the whole chain again: any line changed, deleted, inserted or moved is found; the first bad place is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from idp import clock
from idp.audit import chain, head
from idp.audit.head import Head
from idp.audit.models import Anchor, AuditEntry, Seal
from idp.audit.questions import Filter, sealed
from idp.audit.sealing import last_anchor
from idp.audit.signing import AuditKey
from idp.db import db


class Broken(Exception):
    """The first place where the chain does not hold, in words for who keeps the log."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read and held."""

    first_seq: int
    head: Head
    lines: int


def verify(directory: Path, noted: tuple[Head, ...] = ()) -> Verified:
    """Check every sealed line, seal and anchor, and that the chain still has the head kept outside the database.

    `noted` are heads that somebody wrote down. Raises Broken with the first bad place, ConfigurationError without key.
    """
    key = AuditKey.load(directory)
    start = _start(key, last_anchor())
    walk = _Walk(key, start, [*_kept(directory, key), *noted])
    for entry in sealed(Filter()):
        walk.step(entry)
    walk.end()
    return Verified(start.seq + 1, walk.at, walk.at.seq - start.seq)


class _Walk:
    """One walk along the chain."""

    def __init__(self, key: AuditKey, start: Head, heads: list[Head]) -> None:
        self.at = start
        self._key = key
        self._heads = heads
        self._seals = _seals()
        self._seal = next(self._seals, None)
        self._covered = start.seq

    def step(self, entry: AuditEntry) -> None:
        """The next line follows the one before, and is covered by what was signed outside it."""
        assert entry.seq is not None
        if entry.seq != self.at.seq + 1:
            missing = f"lines {self.at.seq + 1} to {entry.seq - 1} are missing"
            raise Broken(f"{missing if entry.seq > self.at.seq else 'a line too many'}, before {_place(entry)}")
        digest = chain.digest(self.at.digest, entry.seq, chain.as_values(entry))
        if digest != entry.digest:
            raise Broken(f"{_place(entry)} is not what was sealed, or stands in another's place")
        self.at = Head(entry.seq, digest)
        if any(known.seq == self.at.seq and known.digest != digest for known in self._heads):
            raise Broken(f"{_place(entry)} is not the one that was the head")
        if self._seal is not None and self._seal.last_seq == self.at.seq:
            _check_seal(self._key, self._seal, self._covered, self.at)
            self._covered, self._seal = self.at.seq, next(self._seals, None)

    def end(self) -> None:
        """Nothing is missing after the last line."""
        last = self.at.seq
        if self._seal is not None:
            raise Broken(f"lines {last + 1} to {self._seal.last_seq} are missing: a seal covers them")
        if self._covered != last:
            raise Broken(f"lines {self._covered + 1} to {last} have no seal")
        furthest = max((known.seq for known in self._heads), default=0)
        if furthest > last:
            raise Broken(f"lines {last + 1} to {furthest} are missing: the log was cut at its end")


def _place(entry: AuditEntry) -> str:
    return f"line {entry.seq} ({entry.id})"


def _start(key: AuditKey, anchor: Anchor | None) -> Head:
    if anchor is None:
        return Head(0, chain.GENESIS)
    if not key.is_good(anchor.signature, "anchor", anchor.seq, anchor.digest, clock.to_milliseconds(anchor.pruned_at)):
        raise Broken(f"the anchor at line {anchor.seq} is forged: lines up to it were not deleted by this provider")
    return Head(anchor.seq, anchor.digest)


def _kept(directory: Path, key: AuditKey) -> list[Head]:
    try:
        kept = head.read(directory, key)
    except head.Forged:
        raise Broken(f"{directory / head.HEAD_FILE} is forged") from None
    return [kept] if kept is not None else []


def _seals() -> Iterator[Seal]:
    """All seals by their end, a page at a time."""
    after = 0
    while True:
        page = list(db.session.scalars(select(Seal).where(Seal.last_seq > after).order_by(Seal.last_seq).limit(500)))
        for seal in page:
            db.session.expunge(seal)
        yield from page
        if not page:
            return
        after = page[-1].last_seq


def _check_seal(key: AuditKey, seal: Seal, covered: int, at: Head) -> None:
    """The seal of a batch whose beginning was deleted after its time begins below the anchor."""
    sealed_at = clock.to_milliseconds(seal.sealed_at)
    facts = (seal.first_seq, seal.last_seq, seal.digest, sealed_at)
    if seal.first_seq > covered + 1 or seal.digest != at.digest or not key.is_good(seal.signature, "seal", *facts):
        raise Broken(f"the seal over lines {seal.first_seq} to {seal.last_seq} is forged")
