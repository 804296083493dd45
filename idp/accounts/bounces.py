"""An address that mails come back from: nothing more goes to it; its owner is asked for another at the next login."""

from sqlalchemy import select

from idp import audit, clock
from idp.accounts.email import fold
from idp.accounts.models import Account
from idp.db import db
from idp.delivery.models import Message


def mark(message_id: str) -> int:
    """The mail of this row did not arrive, and never will: mark its address; how many accounts have it.

    The row says which address: a report names our mail by an id that only its receiver can know, and nothing else of it
    is believed. An address that was proved after that mail stays good.
    """
    message = db.session.get(Message, message_id)
    if message is None or message.channel != "mail":
        return 0
    count, now = 0, clock.now()
    for account in db.session.scalars(select(Account).where(Account.email_key == fold(message.recipient))):
        proved = account.email_verified_at
        if account.email_bounced_at is not None or (proved is not None and proved > message.created_at):
            continue
        account.email_bounced_at = now
        audit.record("account.email_bounced", account_id=account.id, message_id=message.id)
        count += 1
    db.session.flush()
    return count
