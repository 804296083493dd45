"""The identifiant: first letter of the first name, dot, surname, number (`v.durant1`). ASCII, never given twice."""

import unicodedata

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from idp import clock
from idp.accounts.models import Identifiant
from idp.db import db

LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
LONGEST_STEM = 48
TRIES = 50


def stem(first_name: str, surname: str) -> str:
    """The part before the number; `x` stands for a name without any Latin letter."""
    return f"{(_ascii(first_name) or 'x')[0]}.{_ascii(surname) or 'x'}"[:LONGEST_STEM]


def normalise(typed: str) -> str:
    """An identifiant as a person types it: spaces around and capitals do not count."""
    return typed.strip().lower()


def reserve(first_name: str, surname: str) -> str:
    """A new identifiant, kept for the caller in this transaction.

    Two transactions that choose the same number meet the unique constraint, and the later one takes the next.
    """
    start = stem(first_name, surname)
    for _ in range(TRIES):
        highest = db.session.scalar(select(func.max(Identifiant.number)).where(Identifiant.stem == start)) or 0
        row = Identifiant(identifiant=f"{start}{highest + 1}", stem=start, number=highest + 1, given_at=clock.now())
        try:
            with db.session.begin_nested():
                db.session.add(row)
            return row.identifiant
        except IntegrityError:
            continue
    raise RuntimeError(f"no free identifiant for {start} after {TRIES} tries")


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(LETTERS))
    return "".join(c for c in decomposed if "a" <= c <= "z")
