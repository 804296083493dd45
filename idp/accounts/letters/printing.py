"""Printing letters: a new provisional password each, and the PDF that alone holds it.

Nothing is hashed or typeset inside a transaction. A password counts only once its PDF exists: whoever stops the work
half-way leaves the letters of before in force.
"""

import datetime as dt
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import select, update

from idp import audit, clock
from idp.accounts import links, passwords
from idp.accounts import service as accounts
from idp.accounts.errors import AlreadyHeld
from idp.accounts.letters import recipients, wording
from idp.accounts.letters.models import Letter
from idp.accounts.letters.recipients import Recipient
from idp.accounts.models import WAITING, Account, AccountResponsable
from idp.db import db, new_id
from idp.delivery import letters as sheets
from idp.settings import Settings

ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
"""Neither look-alikes (i, l, 1, o, 0) nor vowels, so that chance writes no word."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter to be."""

    account_id: str
    identifiant: str
    recipient: Recipient
    password: str
    password_hash: str


def new_password() -> str:
    """`k7wq-m3xt-p9fz`: 57 bits, at least a letter and a digit, within the guide's 14 characters."""
    while True:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
        if any(c.isdigit() for c in letters) and any(c.isalpha() for c in letters):
            return "-".join((letters[:4], letters[4:8], letters[8:]))


def print_letters(
    responsable_ids: Sequence[str],
    settings: Settings,
    keep: Callable[[bytes], None],
    *,
    printed_by: str,
    password: str | None = None,
) -> int:
    """One PDF for these responsables, at most `per_file` of them; how many letters count in the end.

    `keep` gets the PDF before any of its passwords counts. Commits. `printed_by` names who asked, for the audit.
    A `password` of one's own is for one letter of a development's seed.
    """
    found = recipients.load(responsable_ids)
    accounts_of = [_account_of(recipient) for recipient in found]
    people = [(recipient, *account) for recipient, account in zip(found, accounts_of, strict=True) if account]
    db.session.commit()
    prepared = _prepare(people, settings, password)
    if not prepared:
        return 0
    now = clock.now()
    ends_at = _ends_at(now, settings.letters.valid_days)
    texts = [
        wording.text_of(s.recipient, s.identifiant, s.password, site=settings.site.name, now=now, ends_at=ends_at)
        for s in prepared
    ]
    keep(sheets.make_pdf(texts, settings))
    batch = new_id()
    count = sum(_put_in_force(sheet, now, ends_at, batch, printed_by) for sheet in prepared)
    db.session.commit()
    return count


def _ends_at(now: dt.datetime, days: int) -> dt.datetime:
    """Midnight, in France, after the last day."""
    last = now.astimezone(clock.PARIS).date() + dt.timedelta(days=days)
    midnight = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), clock.PARIS)
    return midnight.astimezone(dt.UTC)


def _account_of(recipient: Recipient) -> tuple[str, str] | None:
    """Id and identifiant of the account to be activated, made if there is none; None when one is in use by now."""
    held = (
        select(Account)
        .join(AccountResponsable, AccountResponsable.account_id == Account.id)
        .where(AccountResponsable.responsable_id == recipient.responsable.id)
    )
    account = db.session.scalar(held)
    if account is None:
        try:
            account = accounts.create([recipient.responsable], password_hash=None, state="notified")
        except AlreadyHeld:
            account = db.session.scalar(held)
    return (account.id, account.identifiant) if account is not None and account.state in WAITING else None


def _prepare(people: Sequence[tuple[Recipient, str, str]], settings: Settings, password: str | None) -> list[Sheet]:
    """Passwords and their hashes, on every core."""
    chosen = [password or new_password() for _ in people]
    with ThreadPoolExecutor(settings.passwords.concurrent_hashes or os.cpu_count() or 1) as pool:
        hashes = list(pool.map(lambda clear: passwords.hash(clear, settings.passwords), chosen))
    return [
        Sheet(account_id, identifiant, recipient, clear, hashed)
        for (recipient, account_id, identifiant), clear, hashed in zip(people, chosen, hashes, strict=True)
    ]


def _put_in_force(sheet: Sheet, now: dt.datetime, ends_at: dt.datetime, batch: str, printed_by: str) -> bool:
    """The new password replaces the old one; whoever activated the account meanwhile keeps theirs."""
    statement = (
        update(Account)
        .where(Account.id == sheet.account_id, Account.state.in_(WAITING))
        .values(
            password_hash=sheet.password_hash, state="notified", email=None, email_key=None, email_verified_at=None,
            password_changed_at=now, updated_at=now, new_password_due_at=None,
        )
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if db.session.scalar(statement) is None:
        return False
    replace(sheet.account_id)
    links.kill(sheet.account_id)
    letter = Letter(
        account_id=sheet.account_id,
        responsable_id=sheet.recipient.responsable.id,
        uai=sheet.recipient.school.uai,
        printed_at=now,
        ends_at=ends_at,
    )
    db.session.add(letter)
    db.session.flush()
    audit.record(
        "letter.printed",
        account_id=sheet.account_id,
        letter_id=letter.id,
        uai=letter.uai,
        batch=batch,
        by=printed_by,
    )
    return True


def replace(account_id: str) -> None:
    """No letter of this account counts any more."""
    good = update(Letter).where(Letter.account_id == account_id, Letter.replaced_at.is_(None))
    db.session.execute(good.values(replaced_at=clock.now()).execution_options(synchronize_session=False))


def find_good(account_id: str) -> Letter | None:
    """The account's letter, while it is neither replaced nor too old."""
    query = select(Letter).where(Letter.account_id == account_id, Letter.replaced_at.is_(None))
    return db.session.scalars(query.where(Letter.ends_at > clock.now()).order_by(Letter.printed_at.desc())).first()
