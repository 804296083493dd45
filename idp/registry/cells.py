"""Cells that both formats share: dates, civilities, telephone numbers, e-mail addresses."""

import datetime as dt
import re

from idp.registry import names, phones

_EMAIL = re.compile(r"[^@\s,;<>()]{1,64}@[^@\s,;<>()]+\.[^@\s,;<>().]{2,}")
_INE = re.compile(r"[0-9A-Z]{11}")
_YOUNGEST, _OLDEST = 1, 26


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


def is_pupil_age(birth_on: dt.date, school_year: int) -> bool:
    """Whether the pupil is from 1 to 26 years old on the first of September of the school year."""
    opening = dt.date(school_year, 9, 1)
    age = opening.year - birth_on.year - ((opening.month, opening.day) < (birth_on.month, birth_on.day))
    return _YOUNGEST <= age <= _OLDEST


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
    return text.lstrip().startswith(("=", "+", "-", "@"))


def choose_mobile(mobile: str, home: str) -> str | None:
    """The number of the mobile column, else a mobile in the home column; the work number never."""
    return phones.normalise_mobile(mobile) or phones.normalise_mobile(home)


def is_unusable_phone(text: str) -> bool:
    return bool(text) and phones.parse(text).e164 is None
