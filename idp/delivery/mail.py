"""Mail by SMTP: verified TLS or nothing, text and HTML of the same content."""

import contextlib
import smtplib
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from idp import clock
from idp.delivery import returned
from idp.delivery.errors import NoSuchAddress, Refused, Undelivered, in_short
from idp.delivery.outbox import Taken
from idp.settings import Mail

TEMPORARY_REFUSALS = frozenset({530, 534, 535, 538})
"""5xx about our own login: the deployment is wrong, not the message."""


class SmtpSender:
    """Hands mails to a relay, one connection each."""

    def __init__(self, settings: Mail) -> None:
        self._settings = settings
        self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def send(self, message: Taken) -> str:
        """Send; the receipt is the Message-ID, made of the row's id, by which a receiver can tell a repetition."""
        mail = compose(message, self._settings)
        sender = self._settings.bounce_address or self._settings.sender
        try:
            with contextlib.closing(self.connect()) as relay:
                relay.send_message(mail, from_addr=sender)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    relay.quit()  # The relay has taken the mail: what fails from here on is no failure to send.
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _failure(code, answer, error) from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, error.smtp_error, error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(in_short(error)) from error
        return str(mail["Message-ID"])

    def connect(self) -> smtplib.SMTP:
        """A connection that is encrypted and logged in as the settings say. Never falls back to plain text."""
        settings = self._settings
        name = _domain(settings.sender)
        relay: smtplib.SMTP
        if settings.security == "tls":
            relay = smtplib.SMTP_SSL(
                settings.host, settings.port, name, timeout=settings.timeout_seconds, context=self._tls
            )
        else:
            relay = smtplib.SMTP(settings.host, settings.port, name, timeout=settings.timeout_seconds)
        try:
            if settings.security == "starttls":
                relay.starttls(context=self._tls)
            if settings.username:
                relay.login(settings.username, settings.password)
        except BaseException:
            relay.close()
            raise
        return relay


def compose(message: Taken, settings: Mail) -> EmailMessage:
    """The mail of a row whose content has `subject`, `text` and, if there is one, `html`.

    Raises Refused when a value holds a line end where a header goes, or the address is none (CWE-93).
    """
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = Address(settings.sender_name, addr_spec=settings.sender)
        mail["To"] = Address(addr_spec=message.recipient)
        mail["Subject"] = _one_line(message.content["subject"])
        mail["Date"] = format_datetime(clock.now())
        mail["Message-ID"] = f"<{message.id}@{_domain(settings.sender)}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no vacation answers.
        mail.set_content(message.content["text"])
        if html := message.content.get("html"):
            mail.add_alternative(html, subtype="html")
    except (ValueError, KeyError, IndexError, MessageError) as error:
        raise Refused(in_short(error)) from error
    return mail


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a header holds no line end or control character")
    return text


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _failure(code: int, answer: bytes | str, error: Exception) -> Undelivered:
    """A 5xx answer is final (RFC 5321 §4.2.1), unless it is about our login; a 4xx is for now."""
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    if isinstance(error, smtplib.SMTPRecipientsRefused) and code >= 500 and returned.is_about_the_address(text):
        return NoSuchAddress(f"{code} {text}"[:200])
    kind = Refused if code >= 500 and code not in TEMPORARY_REFUSALS else Undelivered
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        kind = Undelivered
    return kind(f"{code} {text}"[:200])
