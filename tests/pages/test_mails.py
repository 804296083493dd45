"""Every mail, in French on a wide screen and in English on a narrow, dark one, as a mail program shows it.

With SCREENSHOTS in the environment (`make screenshots`), each is drawn into that folder.
"""

import re
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from idp.db import db
from idp.delivery import messages, outbox
from idp.delivery.mail import compose
from idp.settings import Settings
from tests.pages.mails import MAILS
from tests.pages.test_pages import faults

GUIDE = {"fr": "Services en ligne de l'éducation nationale – ", "en": "National education online services – "}
FOR_COLLEAGUES = ("email_change_denied", "staff_account")
LETTERS = re.compile(r"[^\W\d_]")


def sent(name: str, language: str, settings: Settings) -> EmailMessage:
    """The mail as the relay gets it."""
    message, values = MAILS[name]
    messages.queue_mail("marie@example.org", message, language=language, **values)
    db.session.commit()
    (taken,) = outbox.take(["mail"], batch=1, lease_seconds=60)
    return compose(taken, settings.mail)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def words(html: str) -> str:
    """What a reader sees of the HTML."""
    bare = unescape(re.sub(r"<style>.*?</style>|<title>.*?</title>|<[^>]+>", " ", html, flags=re.DOTALL))
    return re.sub(r"\s+([.,])", r"\1", " ".join(bare.split()))


def test_each_message_is_in_the_table() -> None:
    folders = {folder.parent.name for folder in Path("templates/messages").glob("*/subject.txt")}

    assert {message for message, _ in MAILS.values()} == folders


@pytest.mark.slow
@pytest.mark.parametrize(("language", "width", "scheme"), [("fr", 1280, "light"), ("en", 320, "dark")])
@pytest.mark.parametrize("name", MAILS)
def test_the_mail_is_accessible_and_fits(
    name: str, language: str, width: int, scheme: str, database: Flask, settings: Settings, window: Page
) -> None:
    window.set_content(part(sent(name, language, settings), "html"))

    assert faults(window, f"mail-{name}", width, scheme) == []


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", MAILS)
def test_text_and_html_say_the_same(name: str, language: str, database: Flask, settings: Settings) -> None:
    mail = sent(name, language, settings)

    seen = words(part(mail, "html"))

    for line in filter(LETTERS.search, part(mail, "plain").splitlines()):
        assert words(line).removesuffix(":").strip() in seen, line


@pytest.mark.parametrize("name", MAILS)
def test_subject_and_sender_tell_whom_it_is_from(name: str, database: Flask, settings: Settings) -> None:
    """Those of the guide, whatever the mail is about: a parent looks for them among spams."""
    for language, prefix in GUIDE.items():
        mail = sent(name, language, settings)

        assert mail["From"].addresses[0].display_name == "Administrateur des services en ligne"
        assert mail["Subject"].startswith(prefix) or MAILS[name][0] in FOR_COLLEAGUES
        assert len(mail["Subject"]) <= 100


@pytest.mark.parametrize("name", MAILS)
def test_an_english_mail_has_no_french_sentence(name: str, database: Flask, settings: Settings) -> None:
    french, english = (part(sent(name, language, settings), "plain").splitlines() for language in ("fr", "en"))

    ours = {line for line in english if len(line.split()) > 3 and "Administrateur" not in line}
    assert ours & set(french) <= {line for line in french if line.startswith(settings.contact.name)}
