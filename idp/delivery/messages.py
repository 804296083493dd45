"""Mails: one folder of templates a message, rendered into the outbox without Flask.

`templates/messages/NAME/` holds `subject.txt`, `body.txt` and `body.html`; the bodies extend `messages/frame`.
"""

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from idp import languages
from idp.delivery import outbox
from idp.delivery.models import Message
from idp.settings import Settings

LONGEST_NAME = 100


class Messages:
    """Renders messages with the texts, contact and address of one deployment."""

    def __init__(self, settings: Settings, folders: Sequence[str]) -> None:
        self.offered = settings.site.languages
        self._facts = {"site": settings.site, "contact": settings.contact, "sender": settings.mail.sender_name}
        self.folders = folders
        self._loader = FileSystemLoader(folders)
        self._environment = cache(self._make_environment)

    def render(self, name: str, language: str, values: dict[str, Any]) -> dict[str, str]:
        """Subject, text and HTML of a mail."""
        subject, text, html = (
            self._text(languages.typeset(language), language, f"messages/{name}/{part}", values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        return {"subject": " ".join(subject.split()), "text": _tidy(text), "html": html}

    def render_sms(self, name: str, language: str, values: dict[str, Any]) -> str:
        """The text of an SMS."""
        return " ".join(self._text(languages.load(language), language, f"messages/{name}/sms.txt", values).split())

    def _text(self, texts: NullTranslations, language: str, template: str, values: dict[str, Any]) -> str:
        return self._environment(texts, language).get_template(template).render({**self._facts, **values})

    def _make_environment(self, texts: NullTranslations, language: str) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]
        environment.globals["language"] = language
        environment.globals["direction"] = "rtl" if language in languages.RIGHT_TO_LEFT else "ltr"
        environment.filters["person"] = person
        environment.filters["hour"] = lambda instant: languages.hour(instant, language)
        environment.filters["day"] = lambda instant: languages.day(instant, language)
        return environment


def person(name: str) -> str:
    """A name that a school or a deployer typed, as words: no mail program can make a link of it (CWE-1336 class)."""
    words = re.sub(r"[:/\\@<>\s\x00-\x1f\x7f]+", " ", name[:LONGEST_NAME])
    return re.sub(r"\.(?=\w)", ". ", words).strip()


_messages: Messages | None = None


def use(settings: Settings, folders: Sequence[str]) -> None:
    """Render with these settings and template folders from now on."""
    global _messages
    _messages = Messages(settings, folders)


def template_file(name: str) -> Path:
    """The file of a template that is not Jinja's, the deployer's first. Raises FileNotFoundError."""
    assert _messages is not None, "messages.use() comes first"
    found = next((path for folder in _messages.folders if (path := Path(folder) / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(name)
    return found


def queue_mail(to: str, name: str, *, language: str, expires_at: dt.datetime | None = None, **values: Any) -> Message:
    """Queue the mail `name` in the current transaction. `values` go into its templates, where texts are escaped.

    A language that the site does not offer becomes its default one.
    """
    assert _messages is not None, "messages.use() comes first"
    offered = _messages.offered
    content = _messages.render(name, language if language in offered else offered[0], values)
    return outbox.queue("mail", to, content, purpose=name, expires_at=expires_at)


def queue_sms(to: str, name: str, *, language: str, **values: Any) -> Message:
    """Queue the SMS `messages/NAME/sms.txt`: words of ours only, in GSM-7, one segment."""
    assert _messages is not None, "messages.use() comes first"
    offered = _messages.offered
    text = _messages.render_sms(name, language if language in offered else offered[0], values)
    return outbox.queue("sms", to, {"text": text}, purpose=name)


def _tidy(text: str) -> str:
    """Text without spaces at line ends or more than one empty line."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
