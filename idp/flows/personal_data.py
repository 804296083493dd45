"""«Télécharger mes données»: all that the provider holds about an account's owner (GDPR articles 15 and 20)."""

import datetime as dt
from typing import Any

from sqlalchemy import or_, select

from idp.accounts import passkeys
from idp.accounts.letters.models import Letter
from idp.accounts.merges import Merge
from idp.accounts.models import Account, Session
from idp.audit import AuditEntry
from idp.db import db
from idp.delivery.models import Message
from idp.franceconnect.models import LinkedIdentity
from idp.grants.models import Consent, Grant
from idp.registry import matching
from idp.registry.models import Responsable

NOT_THEIRS = ("id", "account_id", "actor", "seq", "digest")
"""What keeps the audit log in order; and who works here is not the parent's data."""

Record = dict[str, Any]
"""Names and values that JSON knows; instants are ISO 8601 in UTC."""


def collect(account: Account) -> dict[str, Record | list[Record]]:
    """Everything, by subject. Secrets are left out: no password, no key, no session's cookie, no code."""
    held = [row.responsable_id for row in account.responsables]
    return {
        "account": _columns(account, leave_out=("id", "password_hash", "former_ids")),
        "known_to_schools_as": [_responsable(row) for row in _rows(Responsable, Responsable.id.in_(held))],
        "children": [_child(child) for child in matching.children_of(held)],
        "sessions": [_columns(row, leave_out=("id", "public_id", "account_id")) for row in _of(Session, account)],
        "passkeys": [_passkey(row) for row in passkeys.of(account.id)],
        "linked_identities": [_columns(row, leave_out=("id", "account_id")) for row in _of(LinkedIdentity, account)],
        "letters": [_columns(row, ("id", "account_id", "responsable_id")) for row in _of(Letter, account)],
        "consents": [_columns(row, leave_out=("account_id",)) for row in _of(Consent, account)],
        "given_to_services": [_grant(row) for row in _of(Grant, account)],
        "messages": [_message(row) for row in _messages(account)],
        "merged_accounts": [_merge(row) for row in _merges(account)],
        "history": [_columns(row, leave_out=NOT_THEIRS) for row in _of(AuditEntry, account)],
    }


def _rows(model: Any, *conditions: Any) -> list[Any]:
    return list(db.session.scalars(select(model).where(*conditions)))


def _of(model: Any, account: Account) -> list[Any]:
    return _rows(model, model.account_id == account.id)


def _columns(row: Any, leave_out: tuple[str, ...]) -> Record:
    names = [column.key for column in row.__mapper__.column_attrs if column.key not in leave_out]
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else value


def _responsable(row: Responsable) -> Record:
    leave_out = ("id", "school_key", "family_key", "usage_key", "first_key", "is_organisation")
    return {name: value for name, value in _columns(row, leave_out).items() if not name.endswith("_id")}


def _child(child: matching.Child) -> Record:
    kept = ("first_name", "family_name", "usage_name", "birth_on", "uai", "school_name", "class_label", "level")
    return {name: _plain(getattr(child, name)) for name in (*kept, "school_year")}


def _passkey(row: passkeys.Passkey) -> Record:
    return _columns(row, leave_out=("id", "account_id", "credential_id", "public_key", "sign_count"))


def _grant(row: Grant) -> Record:
    return _columns(row, leave_out=("id", "account_id", "session_id", "details", "generation"))


def _messages(account: Account) -> list[Message]:
    addresses = [address for address in (account.email, account.mobile) if address]
    return _rows(Message, Message.recipient.in_(addresses))


def _message(row: Message) -> Record:
    return {name: _plain(getattr(row, name)) for name in ("channel", "recipient", "purpose", "created_at", "sent_at")}


def _merges(account: Account) -> list[Merge]:
    return _rows(Merge, or_(Merge.kept_id == account.id, Merge.merged_id == account.id))


def _merge(row: Merge) -> Record:
    names = {kind: db.session.get_one(Account, getattr(row, f"{kind}_id")).identifiant for kind in ("kept", "merged")}
    return {**names, "merged_at": _plain(row.merged_at), "undone_at": _plain(row.undone_at)}
