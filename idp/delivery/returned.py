"""Mails that come back: what a delivery status notification says (RFC 3464), with the codes of RFC 3463."""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32

LARGEST = 1024 * 1024
"""Bytes; a report that holds more is none of ours."""

STATUS = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
MESSAGE_ID = re.compile(r"<([0-9a-f]{32})@[^<>@\s]+>")


@dataclass(frozen=True)
class Returned:
    """One of our mails that did not arrive."""

    message_id: str
    """The row of the outbox."""
    status: str
    for_good: bool
    """Nobody can be written to at that address; otherwise the mailbox was full, or somebody took us for spam."""


def read(report: bytes) -> Returned | None:
    """What a report says of a mail of ours; None when it is no failure report, or of no mail of ours."""
    if len(report) > LARGEST:
        return None
    mail = message_from_bytes(report, policy=compat32)
    status = next((found for part in mail.walk() if (found := _failure(part))), "")
    message_id = next((found for part in mail.walk() if (found := _original(part))), "")
    if not status or not message_id:
        return None
    return Returned(message_id, status, is_about_the_address(status))


def is_about_the_address(text: str) -> bool:
    """Whether an answer or a status says that the mailbox does not exist (5.1.x) or is closed (5.2.1).

    A full mailbox (5.2.2), a policy or a block (5.7.x) and faults on the way say nothing about the address.
    """
    found = STATUS.search(text)
    return found is not None and (found[1] == "1" or (found[1], found[2]) == ("2", "1"))


def _failure(part: Message) -> str:
    """The status of a recipient who did not get the mail, from one part of the report."""
    if part.get_content_type() != "message/delivery-status":
        return ""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            found = STATUS.search(str(block.get("Status", "")))
            return found[0] if found else "5.0.0"
    return ""


def _original(part: Message) -> str:
    """Our id of the mail that the report is about, from the copy or the headers that come with it."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        copy = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None
    elif part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        copy = message_from_string(payload.decode("ascii", "replace")) if isinstance(payload, bytes) else None
    else:
        return ""
    found = MESSAGE_ID.search(str(copy.get("Message-ID", ""))) if copy is not None else None
    return found[1] if found else ""
