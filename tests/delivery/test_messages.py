"""Mails as a parent receives them, and the outbox as somebody who copied the database sees it."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from idp import clock as time
from idp.db import db
from idp.delivery import messages, outbox
from idp.delivery.mail import compose
from tests.conftest import BOTH_DATABASES

URL = "http://127.0.0.1:8000/adresse/lien/abc"


def mail(database, language="fr", first_name="Valéry", **changes):
    account = SimpleNamespace(civility="Mme", first_name=first_name, usage_name="", family_name="DURANT")
    values = {"account": account, "url": URL, "ends_at": time.now(), **changes}
    return messages.queue_mail("valery@example.org", "validate_email", language=language, **values)


def test_text_and_html_have_the_same_link(database, clock):
    content = mail(database).content

    assert f'href="{URL}"' in content["html"]
    assert content["text"].splitlines().count(URL) == 1


def test_no_line_of_a_french_mail_begins_with_a_punctuation_mark(database, clock):
    """Their spaces do not break: a narrow screen keeps «oublié »» and «demandé ?» together."""
    content = mail(database).content

    for body in (content["text"], content["html"]):
        assert "rien demandé\N{NO-BREAK SPACE}?" in body
        assert "mail\N{NO-BREAK SPACE}:" in content["text"]
    assert "\N{NO-BREAK SPACE}" not in content["subject"]


def test_sender_and_subject_are_those_of_the_guide(database, clock, settings):
    row = mail(database)
    db.session.commit()
    (taken,) = outbox.take(["mail"], batch=1, lease_seconds=60)

    sent = compose(taken, settings.mail)

    assert sent["From"].addresses[0].display_name == "Administrateur des services en ligne"
    assert sent["Subject"] == "Services en ligne de l'éducation nationale – activation de votre compte"
    assert row.purpose == "validate_email"


def test_a_mail_is_in_the_parents_language(database, clock):
    assert "Validate my e-mail address" in mail(database, "en").content["html"]
    assert "Valider mon adresse mail" in mail(database, "xx").content["html"]


def test_a_mail_fetches_nothing(database, clock):
    html = mail(database).content["html"]

    assert not re.search(r"<(img|link|script|iframe|object)|url\(|@import", html)
    assert re.findall(r'href="([^"]+)"', html) == [URL]


@pytest.mark.parametrize(
    "name",
    [
        "Léa\r\nBcc: all@example.org",
        "https://evil.example/x",
        "<a href='//evil.example'>Léa</a>",
        "evil.example",
        "www.evil.example {{ 7*7 }}",
        "lea@evil.example",
    ],
)
def test_a_name_makes_neither_a_link_nor_a_line_nor_markup(database, clock, name):
    """ATTACKS 106, 110."""
    content = mail(database, first_name=name).content

    greeting = next(line for line in content["text"].splitlines() if line.startswith("Bonjour"))
    assert greeting.endswith(" DURANT,")
    for body in (greeting, content["html"].partition("<main>")[2].partition(URL)[0]):
        assert not re.search(r"\w\.\w|@|://|evil\.example", re.sub(r"<[^>]+>", "", body))
    assert "<a href='" not in content["html"]
    assert "49" not in content["text"]


@BOTH_DATABASES
def test_a_copy_of_the_database_shows_no_content(database, clock):
    """ARCHITECTURE, decision 4: a copy of the database logs nobody in."""
    outbox.queue("sms", "+33639981234", {"text": "code 428513"}, purpose="code")
    mail(database)
    db.session.commit()

    stored = db.session.execute(text("SELECT content FROM outbox")).scalars().all()

    assert len(stored) == 2
    assert not any(secret in bytes(row) for row in stored for secret in (b"428513", b"adresse/lien", b"DURANT"))


@BOTH_DATABASES
def test_what_another_key_sealed_is_empty_and_stops_nothing(database, clock):
    outbox.queue("sms", "+33639981234", {"text": "code 428513"}, purpose="code")
    db.session.commit()
    db.session.execute(text("UPDATE outbox SET content = :other"), {"other": b"x" * 60})
    db.session.commit()

    (taken,) = outbox.take(["sms"], batch=1, lease_seconds=60)

    assert taken.content == {}
