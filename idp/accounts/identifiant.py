"""The identifiant: first letter of the first name, dot, surname, number (`v.durant1`). ASCII, never given twice."""

import unicodedata
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from idp import clock
from idp.accounts.models import Identifiant
from idp.db import db

LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
LONGEST_STEM = 48
TRIES = 50
GAP = "-"
"""Stem of the rows that stand for a time of which nobody knows what was given; no name has it."""


def stem(first_name: str, surname: str) -> str:
    """The part before the number; `x` stands for a name without any Latin letter."""
    return f"{(_ascii(first_name) or 'x')[0]}.{_ascii(surname) or 'x'}"[:LONGEST_STEM]


def normalise(typed: str) -> str:
    """An identifiant as a person types it: spaces around and capitals do not count.

    Nobody's has a NUL, which PostgreSQL takes in no text.
    """
    return typed.replace("\x00", "\ufffd").strip().lower()


def reserve(first_name: str, surname: str) -> str:
    """A new identifiant, kept for the caller in this transaction.

    Two transactions that choose the same number meet the unique constraint, and the later one takes the next.
    """
    start = stem(first_name, surname)
    for _ in range(TRIES):
        number = _next_number(start)
        row = Identifiant(identifiant=f"{start}{number}", stem=start, number=number, given_at=clock.now())
        try:
            with db.session.begin_nested():
                db.session.add(row)
            return row.identifiant
        except IntegrityError:
            continue
    raise RuntimeError(f"no free identifiant for {start} after {TRIES} tries")


def leave_a_gap(size: int) -> None:
    """From now on every stem goes on that much further: what was given in a lost time is not given again."""
    now = clock.now()
    taken = set(db.session.scalars(select(Identifiant.number).where(Identifiant.stem == GAP)))
    number = next(candidate for candidate in count(size) if candidate not in taken)
    db.session.add(Identifiant(identifiant=f"{GAP}{number}", stem=GAP, number=number, given_at=now))
    db.session.flush()


def _next_number(start: str) -> int:
    query = select(Identifiant.number, Identifiant.given_at).order_by(Identifiant.number.desc()).limit(1)
    last = db.session.execute(query.where(Identifiant.stem == start)).first()
    number, given_at = (last.number, last.given_at) if last else (0, None)
    gaps = select(func.sum(Identifiant.number)).where(Identifiant.stem == GAP)
    if given_at is not None:
        gaps = gaps.where(Identifiant.given_at >= given_at)
    return int(number + (db.session.scalar(gaps) or 0) + 1)


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    return "".join(c for c in decomposed if "a" <= c <= "z")
