"""What the worker does about a request: finds the account anew, makes the link, queues the mail.

A row that is done twice sends two mails; the second link kills the first.
"""

from typing import Any

from idp import clock
from idp.accounts import links
from idp.accounts.models import Account
from idp.db import db
from idp.delivery.messages import queue_mail
from idp.flows.recovery.requests import accounts_of, is_confirmed


def send_reset(content: dict[str, Any]) -> None:
    """The link lives until the time that the page told."""
    account = db.session.get(Account, content["account_id"]) if content["account_id"] else None
    ends_at = clock.from_milliseconds(content["ends_at"])
    if account is None or not is_confirmed(account) or ends_at <= clock.now():
        return
    assert account.email is not None
    token = links.make(account, "reset_password", life=ends_at - clock.now())
    queue_mail(
        account.email,
        "password_reset",
        language=content["language"],
        expires_at=ends_at,
        account=account,
        url=content["link"] + token,
        number=content["number"],
        ends_at=ends_at,
    )


def send_identifiants(content: dict[str, Any]) -> None:
    """One mail for all the accounts of the address, to each spelling of it that an account stored (ATTACKS 99, 100)."""
    accounts = [account for account in accounts_of(content["email"]) if is_confirmed(account)]
    for address in sorted({account.email for account in accounts if account.email}):
        identifiants = [account.identifiant for account in accounts if account.email == address]
        queue_mail(address, "identifiant_forgotten", language=content["language"], identifiants=identifiants)
