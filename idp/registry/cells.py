"""Cells that both formats share: dates, civilities, telephone numbers, e-mail addresses."""

import datetime as dt
import re

from idp.registry import names, phones

_EMAIL = re.compile(r"[^@\s,;<>()]{1,64}@[^@\s,;<>()]+\.[^@\s,;<>().]{2,}")
_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
_INE = re.compile(r"[0-9A-Z]{11}")
_YOUNGEST, _OLDEST = 1, 26
LONGEST_LABEL, LONGEST_CODE, LONGEST_LEVEL = 100, 40, 20
"""A class's label and code, a level: as many characters as are kept."""


def read_day(text: str) -> dt.date | None:
    """A day written 2017-03-14 or 14/03/2017; None when there is no such day."""
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text, re.ASCII):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text, re.ASCII):
        day, month, year = found.groups()
    else:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def birth_days(school_year: int) -> tuple[dt.date, dt.date]:
    """The last and the first day on which a pupil of that school year may be born.

    On the first of September a pupil is from 1 to 26 years old.
    """
    last = dt.date(school_year - _YOUNGEST, 9, 1)
    return last, dt.date(school_year - _OLDEST - 1, 9, 2)


def is_pupil_age(birth_on: dt.date, school_year: int) -> bool:
    """Whether somebody born on that day may be a pupil in that school year."""
    last, first = birth_days(school_year)
    return first <= birth_on <= last


def read_civility(text: str) -> str:
    """«M.», «Mme», or empty."""
    folded = names.key(text)
    if folded in ("m", "mr", "monsieur"):
        return "M."
    return "Mme" if folded in ("mme", "mlle", "madame", "mademoiselle") else ""


def read_sex(text: str) -> str:
    """M or F; «H» and SIECLE's 1 and 2 are read too."""
    return {"M": "M", "H": "M", "1": "M", "F": "F", "2": "F"}.get(text.upper(), "")


def read_ine(text: str) -> str | None:
    """The national identifier, or None when the cell has none. It keeps whatever generation it is of."""
    written = text.upper().replace(" ", "")
    return written if _INE.fullmatch(written) else None


def is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute the cell (CSV injection)."""
    return text.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def as_text_cell(text: str) -> str:
    """The text for a CSV of ours: what a spreadsheet would compute is marked as text (CWE-1236)."""
    return f"'{text}" if text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA) else text


def choose_mobile(mobile: str, home: str) -> str | None:
    """The number of the mobile column, else a mobile in the home column; the work number never."""
    return phones.normalise_mobile(mobile) or phones.normalise_mobile(home)


def is_unusable_phone(text: str) -> bool:
    return bool(text) and phones.parse(text).e164 is None
