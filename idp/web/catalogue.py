"""Languages: French source strings, other catalogues read straight from their .po files (nothing to compile)."""

from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale

from idp.clock import PARIS
from idp.web.security import settings

FOLDER = Path(__file__).resolve().parent / "translations"
SOURCE = "fr"
LANGUAGE_COOKIE = "idp_lang"


class Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Reads `translations/<language>/LC_MESSAGES/messages.po` once a process."""

    def get_translations(self) -> NullTranslations:
        language = str((get_locale() or Locale(SOURCE)).language)
        if language not in self.cache:
            self.cache[language] = load(language)
        found: NullTranslations = self.cache[language]
        return found


def load(language: str) -> NullTranslations:
    """The catalogue of a language; an empty one for the source language."""
    file = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


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
