"""Making an account from responsables of the registry."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from idp import audit, clock
from idp.accounts import identifiant as identifiants
from idp.accounts.errors import AlreadyHeld
from idp.accounts.models import Account, AccountResponsable
from idp.db import db
from idp.registry.models import Responsable


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


def holders(responsable_ids: Sequence[str]) -> list[Account]:
    """The accounts that hold at least one of these responsables."""
    held = select(AccountResponsable.account_id).where(AccountResponsable.responsable_id.in_(responsable_ids))
    return list(db.session.scalars(select(Account).where(Account.id.in_(held))))
