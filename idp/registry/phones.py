"""Phone numbers as school files and parents write them, read into E.164.

French spelling is one space for metropole and overseas, so prefixes decide. Validity tables are not asked: the range
kept for fiction (06 39 98) and newly opened blocks are not in them. Source: ARCEP numbering plan.
"""

import re
from dataclasses import dataclass

_FILLING = re.compile(r"[\s\u00a0\u202f\u2007.\-‐-―/()\[\]\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""What people write between digits, and what telephones put around a number that is pasted: marks that nobody sees."""
_OVERSEAS_PREFIXES = {
    "590": ("0690", "0691", "07090", "0590"),
    "594": ("0694", "070930", "070931", "070932", "070933", "0594"),
    "596": ("0696", "0697", "07091", "0596"),
    "262": ("0692", "0693", "07092", "0639", "070935", "070936", "070937", "0262", "0263", "0269"),
    "508": ("07084", "07085", "0508"),
}
_METROPOLITAN_EXCEPTION = "063998"
"""The fiction range lies inside Mayotte's 0639 and is metropolitan."""
_TWO_DIGIT_CODES = re.compile("20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""Calling codes of two digits; 1 and 7 have one, all others three (ITU-T E.164)."""


@dataclass(frozen=True)
class Phone:
    """One number. `e164` is None when the text is no single number that could exist."""

    e164: str | None
    is_mobile: bool
    country: str
    """The calling code, such as "33" or "262"; empty without a number."""


NO_PHONE = Phone(None, False, "")


def parse(raw: str) -> Phone:
    """Read one cell. Two numbers in a cell are no number: nobody may guess which one receives an SMS."""
    compact = _FILLING.sub("", raw)
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    if re.fullmatch(r"[67]\d{8}", compact, re.ASCII):
        compact = "0" + compact  # A spreadsheet ate the zero.
    if re.fullmatch(r"\+330?\d{9}", compact, re.ASCII):
        compact = "0" + compact[-9:]
    if re.fullmatch(r"0[1-9]\d{8}", compact, re.ASCII):
        return _french(compact)
    if re.fullmatch(r"\+[1-9]\d{6,14}", compact, re.ASCII) and not compact.startswith("+33"):
        return _international(compact[1:])
    return NO_PHONE


def normalise_mobile(raw: str) -> str | None:
    """The E.164 form of a mobile number, or None when the text is not one."""
    phone = parse(raw)
    return phone.e164 if phone.is_mobile else None


def _french(national: str) -> Phone:
    country = "33"
    if not national.startswith(_METROPOLITAN_EXCEPTION):
        country = next((code for code, known in _OVERSEAS_PREFIXES.items() if national.startswith(known)), "33")
    return Phone(f"+{country}{national[1:]}", _is_french_mobile(national), country)


def _is_french_mobile(national: str) -> bool:
    """06 and 07, without 0700, which machines use."""
    return national.startswith(("06", "07")) and not national.startswith("0700")


def _international(digits: str) -> Phone:
    country = _calling_code(digits)
    national = digits[len(country) :]
    if country in _OVERSEAS_PREFIXES:
        national = national.removeprefix("0")
        if len(national) != 9 and not (country == "508" and len(national) == 6):
            return NO_PHONE
        is_mobile = national.startswith("55") if len(national) == 6 else _is_french_mobile("0" + national)
        return Phone(f"+{country}{national}", is_mobile, country)
    # Which foreign numbers are mobiles only their countries know: kept, and the settings say who may get an SMS.
    return Phone(f"+{digits}", True, country)


def _calling_code(digits: str) -> str:
    if digits[0] in "17":
        return digits[0]
    return digits[:2] if _TWO_DIGIT_CODES.match(digits) else digits[:3]
