"""The chain of digests, as pure functions: whoever has the lines can compute it again."""

import hashlib
from typing import Any

import orjson

from idp.audit.models import WRITTEN, AuditEntry
from idp.clock import to_milliseconds

GENESIS = bytes(32)
"""The digest before the first line."""


def as_values(entry: AuditEntry) -> dict[str, Any]:
    """The line as JSON has it: every column that was written, the instant in milliseconds."""
    return {**{name: getattr(entry, name) for name in WRITTEN}, "at": to_milliseconds(entry.at)}


def digest(before: bytes, seq: int, values: dict[str, Any]) -> bytes:
    """SHA-256 over the digest before, the number in eight bytes, and the line as JSON with sorted members."""
    line = orjson.dumps({name: values[name] for name in WRITTEN}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(before + seq.to_bytes(8, "big") + line).digest()
