"""Schools: their identifiers, their creation, and the school year."""

import datetime as dt
import re

from idp import audit, clock
from idp.db import db
from idp.registry import academies
from idp.registry.errors import UaiInvalid, WelcomeTooLong
from idp.registry.models import School

_KEY_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
LONGEST_WELCOME = 500
"""Characters."""


def check_uai(uai: str) -> str:
    """The UAI in capitals. Raises UaiInvalid unless its last letter is the key of its seven digits."""
    written = uai.strip().upper()
    if not re.fullmatch(r"\d{7}[A-Z]", written, re.ASCII) or written[7] != _KEY_LETTERS[int(written[:7]) % 23]:
        raise UaiInvalid(uai=written)
    return written


FACTS = ("name", "degree", "academie", "commune", "welcome_message")


def save_school(
    uai: str, name: str, *, by: str, degree: int, academie: str = "", commune: str = "", welcome_message: str = ""
) -> School:
    """Create the school, or correct it when it is known already: what is empty stays as it was, and `by` is audited.

    The académie is the UAI's own where none is said. Raises UaiInvalid.
    """
    written = check_uai(uai)
    school = db.session.get(School, written)
    act = "school.added" if school is None else "school.changed"
    if school is None:
        school = School(uai=written)
        db.session.add(school)
    said = (name, degree, academie, commune, welcome_message)
    wanted = {fact: value or getattr(school, fact) or "" for fact, value in zip(FACTS, said, strict=True)}
    wanted["academie"] = wanted["academie"] or academies.academie_of(written)
    changed = [fact for fact, value in wanted.items() if getattr(school, fact) != value]
    for fact in changed:
        setattr(school, fact, wanted[fact])
    if changed:
        audit.record(act, by=by, uai=written, members=" ".join(changed))
    return school


def welcome(school: School, typed: str, *, by: str) -> None:
    """What the portal says under the school's name, as plain text. Raises WelcomeTooLong (length, longest)."""
    message = "".join(c for c in typed.replace("\r\n", "\n") if c.isprintable() or c == "\n").strip()
    if len(message) > LONGEST_WELCOME:
        raise WelcomeTooLong(length=len(message), longest=LONGEST_WELCOME)
    school.welcome_message = message
    audit.record("staff.welcome_changed", by=by, uai=school.uai)


def school_year_of(day: dt.date) -> int:
    """The school year of a day: 2025 for 2025-2026. August opens the new one."""
    return day.year if day.month >= 8 else day.year - 1


def school_year_end(year: int) -> dt.datetime:
    """The instant at which a school year is over: the first of August, in Paris."""
    return dt.datetime(year + 1, 8, 1, tzinfo=clock.PARIS)


def current_school_year() -> int:
    """The school year of today, in Paris."""
    return school_year_of(clock.now().astimezone(clock.PARIS).date())
