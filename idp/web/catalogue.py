"""The language of a page: chosen for the browser, its texts from the catalogues of `idp.languages`."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from babel.support import NullTranslations
from flask import Flask, g, request
from flask_babel import Babel, Domain
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from idp.clock import PARIS
from idp.languages import SOURCE, typeset
from idp.web.http import HttpRequest
from idp.web.security import settings

LANGUAGE_COOKIE = "idp_lang"


class Catalogues(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Takes the catalogues as `idp.languages` reads them."""

    def get_translations(self) -> NullTranslations:
        return typeset(current_language())


def current_language() -> str:
    """The language of this page; mails about what is done on it are written in it."""
    language: str = g.get("language", "")
    if not language:
        # `ui_locales` of the URL (OpenID Connect Core §3.1.2.1), then the earlier choice.
        wanted = request.args.get("ui_locales", "").split()[:20] + [request.cookies.get(LANGUAGE_COOKIE, "")]
        accepted = request.headers.get("Accept-Language", "")
        language = g.language = choose_language(settings().site.languages, wanted, accepted)
    return language


def choose_language(offered: Sequence[str], wanted: Iterable[str], accepted: str) -> str:
    """The first language that is `wanted` and offered, then the best for this Accept-Language (RFC 9110 §12.5.4)."""
    for tag in wanted:
        language = tag.partition("-")[0].lower()
        if language in offered:
            return language
    return _best_match(tuple(offered), accepted)


def language_of(http: HttpRequest, offered: Sequence[str]) -> str:
    """The language of somebody whose request stands in front of Flask and names none in its URL."""
    return choose_language(offered, [http.cookie(LANGUAGE_COOKIE)], http.header("Accept-Language"))


@lru_cache(maxsize=1024)
def _best_match(offered: tuple[str, ...], accepted: str) -> str:
    """Browsers send few different ones, and at each request."""
    return parse_accept_header(accepted, LanguageAccept).best_match(offered, default=offered[0])


def text(message: str, /, **values: object) -> Markup:
    """`_` of the templates: the text in the page's language. Values are escaped where they stand in it."""
    if values:
        return _marked(current_language(), message) % values
    return _constant(current_language(), message)


def counted(one: str, many: str, count: int, /, **values: object) -> Markup:
    """`ngettext` of the templates; `%(num)s` in the text is the count."""
    found = typeset(current_language()).ngettext(one, many, count)
    return Markup(found) % {"num": count, **values}  # noqa: S704  # as in `_marked`


def register(app: Flask) -> None:
    """Install the catalogues into the application and its templates."""
    # A page has dozens of texts: they don't each look for their language and catalogue through Flask-Babel.
    babel = Babel(
        app,
        default_locale=SOURCE,
        default_timezone=str(PARIS),
        locale_selector=current_language,
        configure_jinja=False,
    )
    babel.domain_instance = Catalogues()
    app.jinja_env.globals.update(_=text, ngettext=counted)


def _marked(language: str, message: str) -> Markup:
    return Markup(typeset(language).gettext(message))  # noqa: S704  # templates and catalogues are ours


@lru_cache(maxsize=8192)
def _constant(language: str, message: str) -> Markup:
    """A text without values, where `%%` stands for a percent sign all the same."""
    return _marked(language, message) % {}
