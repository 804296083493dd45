"""What staff may know of an account: its state, what opens it, what it holds, and what staff did to it. No secret."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from idp import audit, clock
from idp.accounts import login, merges, sessions
from idp.accounts.letters import printing
from idp.accounts.models import Account
from idp.db import db
from idp.flows import credentials
from idp.grants.models import Grant
from idp.registry import matching
from idp.settings import Sessions

ACTS = (
    "account.suspended",
    "account.resumed",
    "account.unlocked",
    "account.validation_resent",
    "account.new_password_demanded",
    "account.merge_undone",
)
"""What staff do to an account."""
SHOWN = 20


@dataclass(frozen=True)
class Act:
    """One act of staff; `facts` has its reason and who did it."""

    at: dt.datetime
    event: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class AccountFacts:
    """An account as support sees it."""

    id: str
    identifiant: str
    state: str
    suspended_from: str | None
    keeper: str
    """The identifiant of the account that a merged one was closed into."""
    name: str
    email: str | None
    email_verified_at: dt.datetime | None
    email_bounced_at: dt.datetime | None
    mobile: str | None
    mobile_verified_at: dt.datetime | None
    language: str
    has_password: bool
    password_changed_at: dt.datetime | None
    new_password_due_at: dt.datetime | None
    locked_until: dt.datetime | None
    letter_works: bool
    opened_by: tuple[str, ...]
    """Ways in beside the password: mail, sms, upstream, passkey."""
    children: int
    sessions: int
    living_grants: int
    created_at: dt.datetime
    last_login_at: dt.datetime | None
    acts: tuple[Act, ...]
    """The newest acts of staff, the newest first."""


def of(account: Account, settings: Sessions) -> AccountFacts:
    """What there is to know about an account."""
    held = [row.responsable_id for row in account.responsables]
    copied = {name: getattr(account, name) for name in AccountFacts.__annotations__ if hasattr(Account, name)}
    return AccountFacts(
        **copied,
        keeper=merges.keeper_name(account),
        name=" ".join(filter(None, (account.civility, account.first_name, account.usage_name or account.family_name))),
        has_password=account.password_hash is not None,
        locked_until=login.locked_until(account.id),
        letter_works=account.state == "notified" and printing.find_good(account.id) is not None,
        opened_by=tuple(dict.fromkeys(access.kind for access in credentials.accesses(account))),
        children=len({child.pupil_id for child in matching.children_of(held)}),
        sessions=len(sessions.live(account.id, settings)),
        living_grants=_living_grants(account.id),
        acts=tuple(
            Act(entry.at, entry.event, {**entry.ids, "by": entry.actor or ""})
            for entry in audit.history(account.id, ACTS, SHOWN)
        ),
    )


def _living_grants(account_id: str) -> int:
    living = (Grant.account_id == account_id, Grant.revoked_at.is_(None), Grant.ends_at > clock.now())
    return db.session.scalar(select(func.count()).select_from(Grant).where(*living)) or 0
