"""Accounts of families who left: noticed, warned by mail, then erased.

An account stays as long as any school's file holds a child of it. The time runs from the day on which the departure was
noticed, so nothing is erased early, and stops when a child is back.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Select, delete, select, update

from idp import audit, clock
from idp.accounts.letters.models import Letter
from idp.accounts.links import MailLink
from idp.accounts.merges import Merge
from idp.accounts.models import Account, AccountResponsable, LoginAttempts, Session
from idp.accounts.passkeys import Passkey
from idp.db import db
from idp.delivery.messages import queue_mail
from idp.franceconnect.models import LinkedIdentity
from idp.grants import sign_out
from idp.grants.models import Consent, Grant
from idp.registry import matching
from idp.settings import Settings
from idp.settings.retention import Retention

CLOSED = ("merged", "erased")
"""A merged account goes with the one that it was closed into."""
HELD = (Session, MailLink, Passkey, LinkedIdentity, Consent, Grant, Letter, AccountResponsable)
"""What goes with an account."""


def notice(account_ids: Sequence[str]) -> None:
    """Write down who of these has no child in any school, since now; forget it for who has one again."""
    present = select(Account.id).where(Account.id.in_(_with_children(account_ids)))
    left = update(Account).where(
        Account.id.in_(account_ids),
        Account.id.not_in(present),
        Account.childless_since.is_(None),
        Account.state.not_in(CLOSED),
    )
    back = update(Account).where(
        Account.id.in_(account_ids), Account.id.in_(present), Account.childless_since.is_not(None)
    )
    without = {"synchronize_session": False}
    db.session.execute(left.values(childless_since=clock.now()).execution_options(**without))
    db.session.execute(back.values(childless_since=None, departure_told_at=None).execution_options(**without))


def warn(settings: Settings) -> int:
    """Tell owners, by mail where there is one, when their account will be erased; how many were looked at."""
    kept = settings.retention
    now = clock.now()
    since = now - dt.timedelta(days=kept.left_days - min(kept.warning_days, kept.left_days))
    accounts = _hold(_departed(since, kept).where(Account.departure_told_at.is_(None)))
    for account in accounts:
        account.departure_told_at = now
        if account.mail_address:
            day = max(_since(account) + dt.timedelta(days=kept.left_days), now + dt.timedelta(days=kept.warning_days))
            queue_mail(account.mail_address, "account_leaving", language=account.language, account=account, ends_at=day)
        audit.record("account.departure_told", account_id=account.id)
    db.session.flush()
    return len(accounts)


def erase_departed(settings: Settings) -> int:
    """Erase accounts whose family left long ago and whose owner was warned in time; how many."""
    kept, now = settings.retention, clock.now()
    warned = Account.departure_told_at <= now - dt.timedelta(days=kept.warning_days)
    accounts = _hold(_departed(now - dt.timedelta(days=kept.left_days), kept).where(warned))
    for account in accounts:
        erase(account)
    return len(accounts)


def erase(account: Account) -> None:
    """Make the account nobody's: names, addresses and what it held go; its id and identifiant are never given again.

    Accounts that were closed into it go with it.
    """
    _erase_one(account)
    closed = select(Merge.merged_id).where(Merge.kept_id == account.id, Merge.undone_at.is_(None))
    for other in db.session.scalars(select(Account).where(Account.id.in_(closed), Account.state == "merged")).all():
        erase(other)


def _erase_one(account: Account) -> None:
    sign_out.end_sessions(account.id)
    for model in HELD:
        gone = delete(model).where(model.account_id == account.id)
        db.session.execute(gone.execution_options(synchronize_session=False))
    db.session.execute(delete(LoginAttempts).where(LoginAttempts.target == f"account:{account.id}"))
    account.identifiant, account.state, account.password_hash = f"erased-{account.id}", "erased", None
    account.civility = account.family_name = account.usage_name = account.first_name = account.language = ""
    account.email = account.email_verified_at = account.mobile = account.mobile_verified_at = None
    account.last_login_at = account.previous_login_at = account.password_changed_at = None
    account.new_password_due_at = account.suspended_from = None
    account.former_ids, account.updated_at = "", clock.now()
    db.session.flush()
    audit.record("account.erased", account_id=account.id)


def _departed(since: dt.datetime, kept: Retention) -> Select[str]:
    """Ids of accounts without a child since then, as it was noticed."""
    conditions = (Account.childless_since <= since, Account.state.not_in(CLOSED))
    return select(Account.id).where(*conditions).order_by(Account.childless_since).limit(kept.batch)


def _hold(query: Select[str]) -> list[Account]:
    """These accounts, held; those that a child came back to meanwhile are left out, and their time starts anew."""
    ids = list(db.session.scalars(query))
    held = select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()
    accounts = db.session.scalars(held.execution_options(populate_existing=True)).all()
    present = set(db.session.scalars(_with_children(ids)))
    for account in accounts:
        if account.id in present:
            account.childless_since = account.departure_told_at = None
    db.session.flush()
    return [account for account in accounts if account.id not in present and account.state not in CLOSED]


def _since(account: Account) -> dt.datetime:
    assert account.childless_since is not None
    return account.childless_since


def _with_children(account_ids: Sequence[str]) -> Select[str]:
    """Those of these accounts that hold a responsable of a pupil whom a school's file holds."""
    held = select(AccountResponsable.account_id).where(AccountResponsable.account_id.in_(account_ids))
    return held.where(AccountResponsable.responsable_id.in_(matching.responsables_of_pupils())).distinct()
