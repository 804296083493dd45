"""«Vérification Mail»: the address of an account is proved by a link that is mailed to it.

Source: parents' guide, «Comment se connecter avec un compte dont l'adresse mail n'a pas été validée ?»
"""

import datetime as dt
from collections.abc import Callable

from idp import audit, clock, limits
from idp.accounts import email as addresses
from idp.accounts import links
from idp.accounts.errors import LinkExpired
from idp.accounts.links import MailLink
from idp.accounts.models import Account
from idp.db import db
from idp.delivery.messages import queue_mail
from idp.flows import service as flows
from idp.flows.errors import AddressRefused, TooManyMails
from idp.flows.models import Flow
from idp.settings import EmailValidation

PART = "email_validation"
HOUR, DAY = 3600, 86_400

LINK = "/verification-mail/lien/"
"""Before the token, in the link of the mail."""
LinkUrl = Callable[[str], str]
"""Gives the address of a token's page."""


def is_due(account: Account) -> bool:
    """Whether a login shows the page: an address that was never proved, or that mails come back from."""
    return bool(account.email) and (account.email_verified_at is None or account.email_bounced_at is not None)


def check_typed(typed: str, confirmation: str, *, seen: str = "") -> str:
    """The address, typed twice. Raises AddressRefused; a likely slip is told once: `seen` is the one told before."""
    address = typed.strip()
    if not addresses.is_address(address):
        raise AddressRefused(reason="shape", suggestion="")
    if confirmation.strip() != address:
        raise AddressRefused(reason="different", suggestion="")
    mended = addresses.suggestion(address)
    if mended and seen != address:
        raise AddressRefused(reason="likely_slip", suggestion=mended)
    return address


def send(
    account: Account, address: str, source: str, language: str, link_url: LinkUrl, settings: EmailValidation
) -> None:
    """Write the address down and mail it a link; the link before it dies.

    An address that was proved and only stopped taking mail stays in force until the new one is proved. Raises
    TooManyMails (ATTACKS 87).
    """
    _count(account, address, source, settings)
    if account.email_verified_at is None and account.email != address:
        account.email, account.updated_at = address, clock.now()
        audit.record("account.email_given", account_id=account.id)
    life = dt.timedelta(days=settings.link_days)
    token = links.make(account, "validate_email", address=address, life=life)
    ends_at = clock.now() + life
    queue_mail(
        address,
        "validate_email",
        language=language,
        expires_at=ends_at,
        account=account,
        url=link_url(token),
        ends_at=ends_at,
    )
    audit.record("account.email_validation_sent", account_id=account.id)


def address_sent_to(account: Account) -> str:
    """The address that waits for its click, or that the account has."""
    link = links.pending(account.id, "validate_email")
    return link.address if link else account.email or ""


def keep_link(flow: Flow, token: str) -> None:
    """Put a link that was opened into a flow of this browser, as its digest. Nothing is used up."""
    flows.write_state(flow, PART, {"link": links.digest_of(token).hex()})


def link_of(flow: Flow) -> MailLink | None:
    """The live link that this browser opened."""
    kept = flow.state.get(PART, {}).get("link")
    link = links.find(bytes.fromhex(kept), "validate_email") if kept else None
    return link if link is not None and _still_proves(link) else None


def confirm(flow: Flow) -> Account:
    """The button behind the link: the address that the mail went to, and no other, is proved (ATTACKS 98).

    An account from a letter becomes active by it. Raises LinkExpired.
    """
    link = link_of(flow)
    if link is None:
        raise LinkExpired
    links.use(link.digest, "validate_email")
    account = db.session.get_one(Account, link.account_id)
    now = clock.now()
    account.email, account.email_verified_at, account.updated_at = link.address, now, now
    account.email_bounced_at = None
    audit.record("account.email_validated", account_id=account.id)
    if account.state == "pending_email":
        account.state = "active"
        audit.record("account.activated", account_id=account.id, by="letter")
    flows.write_state(flow, PART, {"account": account.id})
    return account


def confirmed_account(flow: Flow) -> Account | None:
    """The account whose address this flow proved, to show the end again."""
    account_id = flow.state.get(PART, {}).get("account")
    return db.session.get(Account, account_id) if account_id else None


def _still_proves(link: MailLink) -> bool:
    """The account still has that address, or waits for another one because its own takes no mail."""
    account = db.session.get_one(Account, link.account_id)
    return link.address == account.email or account.email_bounced_at is not None


def _count(account: Account, address: str, source: str, settings: EmailValidation) -> None:
    windows = (
        (f"validation:address:{addresses.fold(address)}", settings.per_address_per_day, DAY),
        (f"validation:account:{account.id}", settings.per_account_per_day, DAY),
        (f"validation:source:{limits.network(source)}", settings.per_source_per_hour, HOUR),
    )
    full = [limits.seconds_left(key) for key, limit, _seconds in windows if limits.used(key) >= limit]
    for key, limit, seconds in windows if not full else ():
        if not limits.hit(key, limit=limit, window_seconds=seconds):
            full.append(limits.seconds_left(key))
    if full:
        raise TooManyMails(ends_at=clock.now() + dt.timedelta(seconds=max(full)))
