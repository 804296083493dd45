"""Languages: French source strings; other catalogues are read straight from their .po files (nothing to compile)."""

import datetime as dt
import re
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
KEPT_TOGETHER = re.compile(r"(?<=«) | (?=[»:;?!])|(?<=[0-9]) (?=[0-9])")
"""The spaces of French typography: no line ends before a colon, a question mark or a closing quotation mark, nor
inside a number or a date."""
NO_BREAK = "\N{NO-BREAK SPACE}"


class French(NullTranslations):
    """The source texts, with the spaces of their punctuation kept on one line."""

    @staticmethod
    @lru_cache(maxsize=4096)
    def gettext(message: str) -> str:
        return KEPT_TOGETHER.sub(NO_BREAK, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n < 2 else msgid2)

    ugettext, ungettext = gettext, ngettext


FRENCH = French()


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


def typeset(language: str) -> NullTranslations:
    """The catalogue for pages and mails; `load` is for an SMS, in whose alphabet there is no such space."""
    return FRENCH if language == SOURCE else load(language)


def hour(instant: dt.datetime, language: str) -> str:
    """«18 h 42» on one line, the time in France."""
    local = instant.astimezone(PARIS)
    return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02}" if language == SOURCE else f"{local:%H:%M}"


def day(instant: dt.datetime, language: str) -> str:
    """«14 mars 2017»."""
    return format_date(instant.astimezone(PARIS).date(), "long", locale=language)
