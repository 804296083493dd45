"""One adult, one account: what becomes of responsables of which some belong to an account already.

See docs/decisions/0005-one-adult-one-account.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.accounts import service as accounts
from idp.accounts.errors import AccountUnavailable, AlreadyHeld
from idp.accounts.models import MAY_LOG_IN, Account
from idp.flows import credentials
from idp.flows.errors import AlreadyRegistered
from idp.grants.sign_out import end_sessions
from idp.registry.models import Responsable


@dataclass(frozen=True)
class Standing:
    """Where an adult stands: the responsables that no account holds, and the account that the proofs lead to."""

    free: Sequence[Responsable]
    account: Account | None

    @property
    def joins(self) -> bool:
        """Whether the free responsables join an account that is in use already."""
        return self.account is not None and self.account.state in MAY_LOG_IN


def standing_of(found: Sequence[Responsable]) -> Standing:
    """Judge for a journey whose proofs never log in to an account in use.

    Raises AlreadyRegistered when an account in use holds all of them, or when one that may not be used holds any.
    """
    try:
        standing = judge(found)
    except AccountUnavailable:
        raise AlreadyRegistered from None
    if standing.joins and not standing.free:
        raise AlreadyRegistered
    return standing


def judge(found: Sequence[Responsable]) -> Standing:
    """Judge the responsables that a parent's names and mobile found.

    Raises AccountUnavailable when an account that may not be used holds any.
    """
    ids = [responsable.id for responsable in found]
    held = accounts.holders(ids)
    taken = accounts.held_among(ids)
    free = [responsable for responsable in found if responsable.id not in taken]
    in_use = [account for account in held if account.state not in accounts.UNFINISHED]
    if closed := [account for account in in_use if account.state not in MAY_LOG_IN]:
        raise AccountUnavailable(state=closed[0].state, keeper="")
    if in_use:
        return Standing(free, max(in_use, key=_last_use))
    return Standing(free, min(held, key=lambda account: account.created_at) if held else None)


def join(standing: Standing, *, language: str) -> Account:
    """The free responsables, if there are any, join the account in use; its owner is told. Raises AlreadyRegistered."""
    assert standing.account is not None
    account = standing.account
    if standing.free:
        _add(account, standing.free)
        credentials.tell_owner(account, "children_added", language=language, identifiant=account.identifiant)
    return account


def finish(standing: Standing, password_hash: str | None, mobile: str) -> Account:
    """The account that a letter began is active, with the parent's own password or none. Raises AlreadyRegistered."""
    assert standing.account is not None
    account = standing.account
    try:
        accounts.finish(account, password_hash=password_hash, mobile=mobile)
    except AlreadyHeld:
        raise AlreadyRegistered from None
    _add(account, standing.free)
    end_sessions(account.id)
    return account


def _add(account: Account, responsables: Sequence[Responsable]) -> None:
    try:
        accounts.add_responsables(account, responsables)
    except AlreadyHeld:
        raise AlreadyRegistered from None


def _last_use(account: Account) -> tuple[float, str]:
    return (account.last_login_at.timestamp() if account.last_login_at else 0.0, account.id)
