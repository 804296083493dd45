"""The language of a page: chosen for the browser, its texts from the catalogues of `idp.languages`."""

import re
from functools import lru_cache

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

from idp.clock import PARIS
from idp.languages import SOURCE, load
from idp.web.security import settings

LANGUAGE_COOKIE = "idp_lang"
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


class Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Takes the catalogues as `idp.languages` reads them."""

    def get_translations(self) -> NullTranslations:
        language = str((get_locale() or Locale(SOURCE)).language)
        return FRENCH if language == SOURCE else load(language)


def choose_language() -> str:
    """`ui_locales` of the URL (OpenID Connect Core §3.1.2.1), the earlier choice, then Accept-Language."""
    offered = settings().site.languages
    wanted = request.args.get("ui_locales", "").split()[:20] + [request.cookies.get(LANGUAGE_COOKIE, "")]
    for tag in wanted:
        language = tag.partition("-")[0].lower()
        if language in offered:
            return language
    return request.accept_languages.best_match(offered, default=offered[0]) or offered[0]


def register(app: Flask) -> None:
    """Install the catalogues into the application and its templates."""
    babel = Babel(
        app,
        default_locale=SOURCE,
        default_timezone=str(PARIS),
        locale_selector=choose_language,
    )
    babel.domain_instance = Catalogues()
