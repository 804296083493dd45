"""«Modifier mon adresse mail»: two mails, and the old address in force until the new one is proved.

Source: parents' guide, «Comment modifier votre adresse mail ?» The old address gets «ce n'est pas moi» (ATTACKS 96).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from idp import audit, clock, limits
from idp.accounts import email, links, request_numbers
from idp.accounts.errors import LinkExpired
from idp.accounts.links import MailLink, Purpose
from idp.accounts.models import Account
from idp.db import db
from idp.delivery.messages import queue_mail
from idp.flows import service as flows
from idp.flows.errors import TooManyRequests
from idp.flows.models import Flow
from idp.flows.recovery.requests import check_source
from idp.grants import sign_out
from idp.settings import Settings

PART = "email_change"
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Urls:
    """The addresses of the pages behind the links of the two mails, each made of a token."""

    confirm: Callable[[str], str]
    deny: Callable[[str], str]


@dataclass(frozen=True)
class Denied:
    """What «ce n'est pas moi» did: `stopped` when the change was still pending, else it had been validated before."""

    account: Account
    number: str
    stopped: bool


def pending(account: Account) -> str:
    """The address that waits for its validation, empty without one."""
    link = links.pending(account.id, "change_email")
    return link.address if link else ""


def ask(account: Account, address: str, source: str, language: str, urls: Urls, settings: Settings) -> None:
    """Send both mails; an earlier change that waits dies. The account's address stays in force.

    An account without a confirmed address has nobody to warn. Raises TooManyRequests.
    """
    _count(account, address, source, settings)
    _send_link(account, address, language, urls, settings)
    if account.mail_address:
        life = dt.timedelta(days=settings.recovery.not_me_days)
        token = links.make(account, "not_me", address=account.mail_address, life=life)
        queue_mail(
            account.mail_address,
            "email_change",
            language=language,
            account=account,
            new_address=address,
            at=clock.now(),
            ends_at=clock.now() + life,
            url=urls.deny(token),
        )
    audit.record("account.email_change_asked", account_id=account.id)


def send_again(account: Account, source: str, language: str, urls: Urls, settings: Settings) -> bool:
    """Mail the validation link anew to the address that waits; False without one. Raises TooManyRequests."""
    address = pending(account)
    if not address:
        return False
    _count(account, address, source, settings)
    _send_link(account, address, language, urls, settings)
    audit.record("account.email_change_asked", account_id=account.id, again=True)
    return True


def keep_link(flow: Flow, token: str, purpose: Purpose) -> None:
    """Put a link that was opened into a flow of this browser, as its digest. Nothing is used up (ATTACKS 74)."""
    flows.write_state(flow, PART, {purpose: links.digest_of(token).hex()})


def link_of(flow: Flow, purpose: Purpose) -> MailLink | None:
    """The live link that this browser opened."""
    kept = flow.state.get(PART, {}).get(purpose)
    return links.find(bytes.fromhex(kept), purpose) if kept else None


def confirm(flow: Flow) -> Account:
    """The new address is proved, the one that the link went to and no other (ATTACKS 98). Raises LinkExpired."""
    link = link_of(flow, "change_email")
    if link is None:
        raise LinkExpired
    address = links.use(link.digest, "change_email").address
    account = db.session.get_one(Account, link.account_id)
    now = clock.now()
    account.email, account.email_verified_at, account.updated_at = address, now, now
    account.email_bounced_at = None
    # What was mailed to the address before must open nothing any more.
    links.kill(account.id, "reset_password", "validate_email")
    audit.record("account.email_changed", account_id=account.id)
    return account


def deny(flow: Flow, settings: Settings) -> Denied:
    """«Ce n'est pas moi»: the change stops, every session ends, the assistance team is told. Raises LinkExpired.

    A change that was validated meanwhile is not undone from here: the old mailbox may be the one that was stolen, and
    a person of the assistance team decides (docs/decisions/0007-contacts.md).
    """
    link = link_of(flow, "not_me")
    if link is None:
        raise LinkExpired
    old = links.use(link.digest, "not_me").address
    account = db.session.get_one(Account, link.account_id)
    number, stopped = request_numbers.new(), account.email is not None and email.fold(account.email) == email.fold(old)
    links.kill(account.id)
    sign_out.end_sessions(account.id)
    audit.record("account.email_change_denied", account_id=account.id, number=number, stopped=stopped)
    if settings.contact.email:
        queue_mail(
            settings.contact.email,
            "email_change_denied",
            language=settings.site.languages[0],
            identifiant=account.identifiant,
            number=number,
            stopped=stopped,
            at=clock.now(),
        )
    return Denied(account, number, stopped)


def _send_link(account: Account, address: str, language: str, urls: Urls, settings: Settings) -> None:
    life = dt.timedelta(hours=settings.recovery.email_link_hours)
    token = links.make(account, "change_email", address=address, life=life)
    ends_at = clock.now() + life
    # Without the account: a stranger's mailbox, by a slip of the hand, learns no name.
    queue_mail(
        address, "validate_email", language=language, expires_at=ends_at, url=urls.confirm(token), ends_at=ends_at
    )


def _count(account: Account, address: str, source: str, settings: Settings) -> None:
    """Count the mails against the account and the address that they go to (ATTACKS 87). Raises TooManyRequests."""
    check_source(source, settings.recovery)
    hourly, daily = settings.recovery.requests_per_target_per_hour, settings.recovery.requests_per_target_per_day
    windows = (
        (f"email_change:hour:{account.id}", hourly, HOUR),
        (f"email_change:day:{account.id}", daily, DAY),
        (f"email_change:address:{email.fold(address)}", daily, DAY),
    )
    full = [
        limits.seconds_left(key)
        for key, limit, seconds in windows
        if not limits.hit(key, limit=limit, window_seconds=seconds)
    ]
    if full:
        raise TooManyRequests(ends_at=clock.now() + dt.timedelta(seconds=max(full)))
