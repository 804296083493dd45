"""Whether an account may be used: suspended, in use again, unlocked. What staff decide, with a reason that is kept.

`by` names who did it: an id of a staff account, or `cli:<user>` for a command. A reason never holds personal data.
"""

from sqlalchemy import select

from idp import audit, clock
from idp.accounts import links
from idp.accounts.login import lift_lock
from idp.accounts.models import Account
from idp.db import db
from idp.flows import credentials
from idp.flows.errors import NotSuspendable, NotSuspended, ReasonMissing
from idp.grants import sign_out

SUSPENDABLE = ("notified", "pending_email", "active")


def suspend(account: Account, reason: str, by: str) -> None:
    """Nobody uses the account any more: sessions, tokens and mailed links end at once, the owner is told.

    Raises ReasonMissing, NotSuspendable (state) for one that is merged, erased or suspended already.
    """
    why = _check_reason(reason)
    _hold(account)
    if account.state not in SUSPENDABLE:
        raise NotSuspendable(state=account.state)
    account.suspended_from, account.state, account.updated_at = account.state, "suspended", clock.now()
    db.session.flush()
    sign_out.end_sessions(account.id)
    links.kill(account.id)
    audit.record("account.suspended", account_id=account.id, reason=why, by=by)
    credentials.tell_owner(account, "account_suspended", language=account.language)


def resume(account: Account, reason: str, by: str) -> None:
    """The account is again what it was before its suspension; what ended then stays ended. The owner is told.

    Raises ReasonMissing, NotSuspended.
    """
    why = _check_reason(reason)
    _hold(account)
    if account.state != "suspended":
        raise NotSuspended(state=account.state)
    account.state, account.suspended_from = account.suspended_from or "active", None
    account.updated_at = clock.now()
    audit.record("account.resumed", account_id=account.id, reason=why, by=by)
    credentials.tell_owner(account, "account_resumed", language=account.language)


def unlock(account: Account, by: str, reason: str = "") -> None:
    """Forget the wrong passwords of the account, so that its owner may try again at once."""
    lift_lock(account.id)
    audit.record("account.unlocked", account_id=account.id, by=by, reason=reason)


def _hold(account: Account) -> None:
    """Read the account anew and hold it, so that of two decisions the later one sees the earlier."""
    held = select(Account).where(Account.id == account.id).with_for_update()
    db.session.scalars(held.execution_options(populate_existing=True)).one()


def _check_reason(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
