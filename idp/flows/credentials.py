"""What opens an account: its password, which changes here and nowhere else, and its other accesses."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from idp import audit, clock
from idp.accounts import links, passkeys
from idp.accounts.models import Account, Session
from idp.db import db
from idp.delivery.messages import queue_mail
from idp.franceconnect import service as upstream_links
from idp.grants import sign_out


@dataclass(frozen=True)
class Access:
    """One way into an account beside its password.

    `kind` is mail, sms, upstream…; `label` is what its owner recognises it by: address, number, issuer. A passkey has
    none here: its name may be a person's, and a reset link must not tell whose account it opens.
    """

    kind: str
    label: str
    id: str = ""
    added_at: dt.datetime | None = None

    @property
    def key(self) -> str:
        """What a form names it by."""
        return f"{self.kind}:{self.id}" if self.id else self.kind


@dataclass(frozen=True)
class Kind:
    """How the accesses of one kind are listed and taken away."""

    find: Callable[[Account], Sequence[Access]]
    drop: Callable[[Account, Access], None]


def change_password(
    account: Account, password_hash: str, *, language: str, kept: Session | None = None, told: bool = True
) -> None:
    """Store the hash; end every session but `kept`, every grant and pending link; tell the owner by mail.

    The hash was made before the transaction began.
    """
    is_first = account.password_hash is None
    account.password_hash, account.new_password_due_at = password_hash, None
    account.password_changed_at = account.updated_at = clock.now()
    db.session.flush()
    sign_out.end_sessions(account.id, but=kept.public_id if kept else None)
    links.kill(account.id)
    audit.record("account.password_changed", account_id=account.id, first=is_first)
    if told:
        tell_owner(account, "password_changed", language=language, first=is_first)


def tell_owner(account: Account, message: str, *, language: str, **values: Any) -> None:
    """Mail the owner about a change, at an address that is the owner's for sure."""
    if account.mail_address:
        queue_mail(account.mail_address, message, language=language, account=account, at=clock.now(), **values)


def accesses(account: Account, *, but: str = "") -> list[Access]:
    """What opens the account beside its password, without the kind by which it was just opened (ATTACKS 95)."""
    return [access for name, kind in KINDS.items() if name != but for access in kind.find(account)]


def drop(account: Account, access: Access) -> None:
    """Take one access away."""
    KINDS[access.kind].drop(account, access)
    account.updated_at = clock.now()
    db.session.flush()
    audit.record("account.access_dropped", account_id=account.id, kind=access.kind)


def _mail(account: Account) -> list[Access]:
    return [Access("mail", account.email)] if account.email else []


def _drop_mail(account: Account, access: Access) -> None:
    account.email, account.email_verified_at = None, None


def _sms(account: Account) -> list[Access]:
    return [Access("sms", account.mobile)] if account.mobile and account.mobile_verified_at else []


def _drop_sms(account: Account, access: Access) -> None:
    account.mobile, account.mobile_verified_at = None, None


def _upstream(account: Account) -> list[Access]:
    return [Access("upstream", link.issuer, link.id) for link in upstream_links.links_of(account.id)]


def _drop_upstream(account: Account, access: Access) -> None:
    upstream_links.unlink(account.id, access.id)


def _passkey(account: Account) -> list[Access]:
    return [Access("passkey", "", key.id, key.created_at) for key in passkeys.of(account.id)]


def _drop_passkey(account: Account, access: Access) -> None:
    key = passkeys.find(account.id, access.id)
    if key is not None:
        passkeys.remove(key)


KINDS = {
    "mail": Kind(_mail, _drop_mail),
    "sms": Kind(_sms, _drop_sms),
    "upstream": Kind(_upstream, _drop_upstream),
    "passkey": Kind(_passkey, _drop_passkey),
}
"""A kind of access adds its line here."""
