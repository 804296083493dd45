import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from idp.delivery.errors import Refused, Undelivered
from idp.delivery.mail import SmtpSender
from idp.delivery.outbox import Taken
from idp.settings import Mail

CONTENT = {"subject": "Réinitialisation", "text": "Bonjour Élodie\n", "html": "<p>Bonjour <b>Élodie</b></p>"}


def mail(recipient: str = "f.sow@example.org", **content: str) -> Taken:
    return Taken("0" * 31 + "7", "lease", "mail", recipient, CONTENT | content)


def sender(relay, security: str = "none", **changes) -> SmtpSender:
    return SmtpSender(
        Mail(host="127.0.0.1", port=relay.port, security=security, sender="ne-pas-repondre@idp.example", **changes)
    )


def test_a_mail_has_text_and_html_of_the_same_content(start_relay) -> None:
    relay = start_relay()

    sender(relay).send(mail())

    received = message_from_bytes(relay.mails[0], policy=default)
    assert received.get_content_type() == "multipart/alternative"
    assert received.get_body(("plain",)).get_content().strip() == "Bonjour Élodie"
    assert "<b>Élodie</b>" in received.get_body(("html",)).get_content()
    assert received["Subject"] == "Réinitialisation"
    assert received["From"] == "Administrateur des services en ligne <ne-pas-repondre@idp.example>"
    assert received["Auto-Submitted"] == "auto-generated"


def test_the_message_id_comes_from_the_row(start_relay) -> None:
    relay = start_relay()

    receipts = {sender(relay).send(mail()), sender(relay).send(mail())}

    assert receipts == {f"<{mail().id}@idp.example>"}
    assert message_from_bytes(relay.mails[0])["Message-ID"] in receipts


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_leaves_encrypted(start_relay, certificate: tuple[Path, Path], security: str) -> None:
    relay = start_relay(security=security)

    sender(relay, security, ca_file=str(certificate[0])).send(mail())

    assert len(relay.mails) == 1
    assert relay.encrypted == [True] or security == "tls"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_unknown_certificate_stops_the_mail(start_relay, security: str) -> None:
    relay = start_relay(security=security)

    with pytest.raises(Undelivered, match="CERTIFICATE_VERIFY_FAILED"):
        sender(relay, security).send(mail())
    assert relay.mails == []


def test_a_relay_without_starttls_gets_nothing_in_clear(start_relay) -> None:
    relay = start_relay()

    with pytest.raises(Undelivered, match="STARTTLS"):
        sender(relay, "starttls", username="u", password="p").send(mail())
    assert relay.mails == []


def test_the_relay_is_logged_into_once_encrypted(start_relay, certificate: tuple[Path, Path]) -> None:
    relay = start_relay(security="starttls")

    sender(relay, "starttls", ca_file=str(certificate[0]), username="idp", password="relay-password").send(mail())

    assert relay.logins == [b"idp"]


def test_a_refused_login_is_tried_again_later(start_relay, certificate: tuple[Path, Path]) -> None:
    relay = start_relay(security="starttls")

    with pytest.raises(Undelivered, match="535") as caught:
        sender(relay, "starttls", ca_file=str(certificate[0]), username="idp", password="wrong").send(mail())
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    ("answer", "final"), [("451 try later", False), ("550 no such mailbox", True), ("552 too large", True)]
)
@pytest.mark.parametrize("step", ["answer", "recipient_answer"])
def test_a_5xx_is_final_and_a_4xx_is_not(start_relay, answer: str, final: bool, step: str) -> None:
    relay = start_relay()
    setattr(relay, step, answer)

    with pytest.raises(Undelivered, match=re.escape(answer[:3])) as caught:
        sender(relay).send(mail())
    assert isinstance(caught.value, Refused) == final


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85"])
def test_a_line_end_in_a_header_is_refused(start_relay, end: str) -> None:
    relay = start_relay()

    with pytest.raises(Refused):
        sender(relay).send(mail(subject=f"Bonjour{end}Bcc: b@example.org"))
    with pytest.raises(Refused):
        sender(relay).send(mail(recipient=f"f.sow@example.org{end}Bcc: b@example.org"))
    assert relay.mails == []


@pytest.mark.parametrize("recipient", ["nobody", "a@example.org, b@example.org", "<a@example.org>", "a@", "@b", ""])
def test_what_is_not_one_address_is_refused(start_relay, recipient: str) -> None:
    relay = start_relay()

    with pytest.raises(Refused):
        sender(relay).send(mail(recipient=recipient))
    assert relay.mails == []


def test_a_relay_that_is_away_is_tried_again_later(unused_port: int) -> None:
    away = SmtpSender(Mail(host="127.0.0.1", port=unused_port, security="none", timeout_seconds=1))

    with pytest.raises(Undelivered, match="ConnectionRefusedError"):
        away.send(mail())
