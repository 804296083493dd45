"""Asking for a mail: with the identifiant, or with a link to a new password.

Every request makes the same statements and writes the same rows, whatever was typed: what differs is the worker's
work (ATTACKS 88). Limits that one account or address meets change nothing on the page (ATTACKS 87).
"""

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import select

from idp import audit, clock, limits
from idp.accounts import email, request_numbers
from idp.accounts.identifiant import normalise
from idp.accounts.models import MAY_LOG_IN, Account
from idp.db import db
from idp.delivery import outbox
from idp.flows import recovery
from idp.flows.errors import TooManyRequests
from idp.flows.models import Flow
from idp.settings import Recovery

HOUR, DAY = 3600, 86_400
NOBODY = ""
CLOSED = ("suspended", "merged")


def ask_identifiant(flow: Flow, typed: str, source: str, language: str, settings: Recovery) -> None:
    """Send the identifiants of an e-mail address to it; the flow keeps the outcome: sent, unconfirmed or unknown.

    Raises TooManyRequests.
    """
    check_source(source, settings)
    found = accounts_of(typed)
    allowed = _hit(f"email:{email.fold(typed)}", settings)
    outcome = "sent" if any(map(is_confirmed, found)) else "unconfirmed" if found else "unknown"
    audit.record("recovery.identifiant_asked", flow_id=flow.id, outcome=outcome, within_limits=allowed)
    content = {"kind": "identifiant", "email": email.fold(typed) if allowed else NOBODY, "language": language}
    outbox.queue(outbox.LATER, "-", content, purpose="recovery", expires_at=clock.now() + dt.timedelta(days=1))
    recovery.write(flow, identifiant={"outcome": outcome, "email": typed})


def ask_reset(flow: Flow, typed: str, source: str, language: str, link: str, settings: Recovery) -> None:
    """Send a link to the e-mail address of an identifiant; the flow keeps the outcome, sent, partial or unknown.

    `link` is the address that the token is put behind. Raises TooManyRequests.
    """
    check_source(source, settings)
    account = account_of(typed)
    allowed = _hit(target_of(account, typed), settings)
    outcome = "unknown" if account is None else "sent" if is_confirmed(account) else "partial"
    number, ends_at = request_numbers.new(), clock.now() + dt.timedelta(minutes=settings.link_minutes)
    audit.record(
        "recovery.reset_asked",
        account_id=account.id if account else None,
        number=number,
        outcome=outcome,
        within_limits=allowed,
    )
    content: dict[str, Any] = {
        "kind": "reset",
        "account_id": account.id if account and allowed and outcome == "sent" else NOBODY,
        "number": number,
        "link": link,
        "language": language,
        "ends_at": clock.to_milliseconds(ends_at),
    }
    outbox.queue(outbox.LATER, "-", content, purpose="recovery", expires_at=ends_at)
    kept = {"outcome": outcome, "number": number, "ends_at": clock.to_milliseconds(ends_at), "typed": typed}
    recovery.write(flow, mail=kept)


def accounts_of(typed: str) -> list[Account]:
    """The accounts of an e-mail address that may be helped: neither suspended nor merged."""
    query = select(Account).where(Account.email_key == email.fold(typed), Account.state.not_in(CLOSED))
    return list(db.session.scalars(query.order_by(Account.identifiant)))


def account_of(typed: str) -> Account | None:
    """The account of an identifiant as a person types it."""
    return db.session.scalar(select(Account).where(Account.identifiant == normalise(typed)))


def is_confirmed(account: Account) -> bool:
    """Whether a mail may recover the account: an address that was never validated recovers nothing (ATTACKS 95).

    Nor does one that mails came back from: nothing would arrive, and the page says which ways are left.
    """
    return account.state in MAY_LOG_IN and bool(account.mail_address)


def target_of(account: Account | None, typed: str) -> str:
    """What requests are counted on: the account, or what was typed where there is none."""
    return account.id if account else "unknown:" + hashlib.sha256(normalise(typed).encode()).hexdigest()


def check_source(source: str, settings: Recovery) -> None:
    """Count a request on the network address that it came from. Raises TooManyRequests."""
    key = f"recovery:source:{limits.network(source)}"
    if not limits.hit(key, limit=settings.requests_per_address_per_hour, window_seconds=HOUR):
        raise TooManyRequests(ends_at=clock.now() + dt.timedelta(seconds=limits.seconds_left(key)))


def _hit(target: str, settings: Recovery) -> bool:
    """Count a mail on its target in both windows, always with two statements."""
    hour = limits.hit(f"recovery:hour:{target}", limit=settings.requests_per_target_per_hour, window_seconds=HOUR)
    day = limits.hit(f"recovery:day:{target}", limit=settings.requests_per_target_per_day, window_seconds=DAY)
    return hour and day
