"""Making an account from responsables of the registry."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from idp import audit, clock
from idp.accounts import identifiant as identifiants
from idp.accounts import links
from idp.accounts.errors import AlreadyHeld
from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.registry.models import Responsable

UNFINISHED = ("notified", "pending_email")
"""States of an account that a letter began and that never became active."""


def create(
    responsables: Sequence[Responsable],
    *,
    password_hash: str | None,
    identifiant: str | None = None,
    mobile: str | None = None,
    state: str = "active",
) -> Account:
    """The one account of these responsables (the same adult, as several schools know them).

    `identifiant` was reserved before, or one is reserved now; a `mobile` counts as verified. Raises AlreadyHeld when
    one of them belongs to an account: the primary key of account_responsables decides, also between two requests.
    """
    person, now = responsables[0], clock.now()
    account = Account(
        identifiant=identifiant or identifiants.reserve(person.first_name, person.family_name),
        password_hash=password_hash,
        state=state,
        civility=person.civility,
        family_name=person.family_name,
        usage_name=person.usage_name,
        first_name=person.first_name,
        mobile=mobile,
        mobile_verified_at=now if mobile else None,
        created_at=now,
        updated_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(account)
            db.session.flush()
            db.session.add_all(AccountResponsable(responsable_id=r.id, account_id=account.id) for r in responsables)
            db.session.flush()
    except IntegrityError:
        raise AlreadyHeld from None
    audit.record("account.created", account_id=account.id)
    return account


def add_responsables(account: Account, responsables: Sequence[Responsable]) -> None:
    """The account holds these too. Raises AlreadyHeld when another account was faster."""
    try:
        with db.session.begin_nested():
            db.session.add_all(AccountResponsable(responsable_id=r.id, account_id=account.id) for r in responsables)
            db.session.flush()
    except IntegrityError:
        raise AlreadyHeld from None
    for responsable in responsables:
        audit.record("account.responsable_added", account_id=account.id, responsable_id=responsable.id)


def finish(account: Account, *, password_hash: str | None, mobile: str) -> None:
    """An unfinished account becomes active by other proofs than its letter's: the letter and its links are dead.

    `password_hash` is None when an identity provider upstream answers for the login: the letter's password goes.
    Raises AlreadyHeld when it was finished meanwhile.
    """
    now = clock.now()
    values = {"state": "active", "password_hash": password_hash, "mobile": mobile, "mobile_verified_at": now}
    values |= {"password_changed_at": now if password_hash else None, "updated_at": now, "new_password_due_at": None}
    changed = update(Account).where(Account.id == account.id, Account.state.in_(UNFINISHED))
    done = db.session.execute(changed.values(**values).returning(Account.id))
    if done.first() is None:
        raise AlreadyHeld
    db.session.refresh(account)
    links.kill(account.id)
    audit.record("account.finished_by_sms", account_id=account.id)


def held_among(responsable_ids: Sequence[str]) -> set[str]:
    """Those of these responsables that an account holds."""
    held = AccountResponsable.responsable_id
    return set(db.session.scalars(select(held).where(held.in_(responsable_ids))))


def follow(pairs: Sequence[tuple[str, str]]) -> int:
    """Accounts that hold the first responsable of a pair hold the second too, unless another account does.

    For a pupil who changed school: the same adult, as the new school knows them. How many were added.
    """
    count = 0
    for old_id, new_id in pairs:
        old, new = (db.session.get(AccountResponsable, responsable_id) for responsable_id in (old_id, new_id))
        if old is None or new is not None:
            continue
        db.session.add(AccountResponsable(responsable_id=new_id, account_id=old.account_id))
        db.session.flush()
        audit.record("account.followed", account_id=old.account_id, responsable_id=new_id)
        count += 1
    return count


def holders(responsable_ids: Sequence[str]) -> list[Account]:
    """The accounts that hold at least one of these responsables."""
    held = select(AccountResponsable.account_id).where(AccountResponsable.responsable_id.in_(responsable_ids))
    return list(db.session.scalars(select(Account).where(Account.id.in_(held))))
