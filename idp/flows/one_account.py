"""One adult, one account: what becomes of responsables of which some belong to an account already.

See docs/decisions/0005-one-adult-one-account.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.accounts import service as accounts
from idp.accounts.errors import AlreadyHeld
from idp.accounts.models import Account
from idp.delivery.messages import queue_mail
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
        return self.account is not None and self.account.state == "active"


def standing_of(found: Sequence[Responsable]) -> Standing:
    """Judge the responsables that a parent's names and mobile found.

    Raises AlreadyRegistered when an account in use holds them all, or when one that may not be used holds any.
    """
    ids = [responsable.id for responsable in found]
    held = accounts.holders(ids)
    taken = accounts.held_among(ids)
    free = [responsable for responsable in found if responsable.id not in taken]
    in_use = [account for account in held if account.state not in accounts.UNFINISHED]
    if in_use:
        if not free or any(account.state != "active" for account in in_use):
            raise AlreadyRegistered
        return Standing(free, max(in_use, key=_last_use))
    return Standing(free, min(held, key=lambda account: account.created_at) if held else None)


def join(standing: Standing, *, language: str) -> Account:
    """The free responsables join the account in use, whose owner is told. Raises AlreadyRegistered."""
    assert standing.account is not None
    account = standing.account
    _add(account, standing.free)
    if account.email and account.email_verified_at:
        queue_mail(account.email, "children_added", language=language, identifiant=account.identifiant)
    return account


def finish(standing: Standing, password_hash: str, mobile: str) -> Account:
    """The account that a letter began is active, with the parent's own password. Raises AlreadyRegistered."""
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
