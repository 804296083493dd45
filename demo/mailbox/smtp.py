"""Mail comes in by SMTP."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.mailbox.store import Store


class Catcher:
    """Keeps every mail, whoever it is for, and answers 250 once it is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage)
        self._store.add(
            "mail",
            to=", ".join(envelope.rcpt_tos),
            sender=_header(mail, "From") or envelope.mail_from or "",
            subject=_header(mail, "Subject"),
            text=_part(mail, "plain"),
            html=_part(mail, "html"),
            headers={name: _header(mail, name) for name in mail},
        )
        return "250 Message accepted"


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail[name] or "")
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""  # The standard library cannot read every header that comes by SMTP.


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def start(store: Store, host: str, port: int) -> Controller:
    """Listen on a thread of its own. Raises OSError when the port is taken."""
    controller = Controller(Catcher(store), hostname=host, port=port, data_size_limit=10_000_000)
    controller.start()
    return controller
