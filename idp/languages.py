"""Languages: French source strings; other catalogues are read straight from their .po files (nothing to compile)."""

import datetime as dt
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from idp.clock import PARIS

FOLDER = Path(__file__).resolve().parent / "web" / "translations"
SOURCE = "fr"
RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")


@lru_cache
def load(language: str) -> NullTranslations:
    """The catalogue of a language, read once a process; an empty one for the source language."""
    file = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def hour(instant: dt.datetime, language: str) -> str:
    """«18 h 42», the time in France."""
    local = instant.astimezone(PARIS)
    return f"{local.hour} h {local.minute:02}" if language == SOURCE else f"{local:%H:%M}"


def day(instant: dt.datetime, language: str) -> str:
    """«14 mars 2017»."""
    return format_date(instant.astimezone(PARIS).date(), "long", locale=language)
