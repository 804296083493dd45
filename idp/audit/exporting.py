"""Signed exports: one JSON object a line, so that any program reads them, and a detached signature beside the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from idp import clock
from idp.audit import chain
from idp.audit.head import Head
from idp.audit.models import AuditEntry
from idp.audit.questions import Filter, sealed
from idp.audit.sealing import last_anchor, last_sealed
from idp.audit.signing import AuditKey

SUFFIX = ".jws"
PIECE = 1 << 20


class BadExport(Exception):
    """The file is not what was exported, in words for who got it."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file holds."""

    lines: int
    chained: bool
    """Whether it holds the whole chain, which was computed again; a choice of lines has its signature alone."""


def export(wanted: Filter, issuer: str) -> Iterator[bytes]:
    """The file: a header, then every sealed line that fits, in the order of the chain."""
    anchor, reached = last_anchor(), last_sealed()
    before = Head(anchor.seq, anchor.digest) if anchor is not None else Head(0, chain.GENESIS)
    told = {name: getattr(wanted, name) for name in Filter.__slots__ if getattr(wanted, name) is not None}
    header = {"audit_export": 1, "issuer": issuer, "exported_at": clock.now(), "filter": told}
    yield _line({**header, "before": str(before), "head": str(reached)})
    for entry in sealed(wanted):
        if entry.seq is None or entry.seq > reached.seq:
            return
        yield _line(as_json(entry))


def as_json(entry: AuditEntry) -> dict[str, object]:
    """A line as exports and `--json` show it."""
    sealed_as = entry.digest.hex() if entry.digest is not None else None
    return {**chain.as_values(entry), "seq": entry.seq, "digest": sealed_as}


def _line(value: dict[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z) + b"\n"


def pieces(path: Path) -> Iterator[bytes]:
    """A file, a mebibyte at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def check(path: Path, jws: str, key: AuditKey) -> Exported:
    """Check an export's signature and, where it is whole, its chain. Raises BadExport with the first bad place."""
    if not key.is_detached_good(jws, pieces(path)):
        raise BadExport("the signature is not of this file by this key")
    with path.open("rb") as file:
        header = orjson.loads(file.readline())
        at, lines, chained = Head.parse(header["before"]), 0, not header["filter"]
        for raw in file:
            line = orjson.loads(raw)
            lines += 1
            if not chained:
                continue
            digest = chain.digest(at.digest, line["seq"], line)
            if line["seq"] != at.seq + 1 or digest.hex() != line["digest"]:
                raise BadExport(f"line {line['seq']} does not follow line {at.seq}")
            at = Head(line["seq"], digest)
    if chained and str(at) != header["head"]:
        raise BadExport(f"lines {at.seq + 1} and after are missing")
    return Exported(lines, chained)
