"""The end of the chain, kept outside the database: whoever cuts the log's end leaves a head that is further."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from idp.audit.signing import AuditKey, write_private

HEAD_FILE = "audit.head"


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain was sealed when it was last seen."""

    seq: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.seq}.{self.digest.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """From `SEQ.DIGEST`, as the log and exports write it. Raises ValueError."""
        seq, _, digest = text.strip().partition(".")
        head = cls(int(seq), bytes.fromhex(digest))
        if len(head.digest) != 32:
            raise ValueError("a digest has 64 hexadecimal digits")
        return head


class Forged(Exception):
    """The head's file was not written by who holds the key."""


def read(directory: Path, key: AuditKey) -> Head | None:
    """The head that was kept, if any. Raises Forged."""
    path = directory / HEAD_FILE
    try:
        told = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        raise Forged from None
    try:
        head, signature = Head.parse(told["head"]), bytes.fromhex(told["signature"])
    except (KeyError, TypeError, ValueError):
        raise Forged from None
    if not key.is_good(signature, "head", head.seq, head.digest):
        raise Forged
    return head


def keep(directory: Path, key: AuditKey, head: Head) -> None:
    """Write the head down. Raises OSError where the folder cannot be written."""
    signature = key.sign("head", head.seq, head.digest).hex()
    write_private(directory / HEAD_FILE, orjson.dumps({"head": str(head), "signature": signature}))


def forget(directory: Path) -> None:
    """A person has looked at the difference and goes on from the database as it is."""
    (directory / HEAD_FILE).unlink(missing_ok=True)
