"""Finding an account from what its owner says: identifiant, name, mail address, mobile, or number of a request.

Names are looked for among responsables, as every school spells them, folded; by their beginnings, and when that finds
nothing, with one slip of the hand in each. Every look-up is served by an index, whatever the number of accounts
(docs/decisions/0012-search.md).
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select, true

from idp.accounts import merges, request_numbers
from idp.accounts.email import fold as fold_email
from idp.accounts.models import Account, AccountResponsable, Identifiant
from idp.audit import AuditEntry
from idp.db import db
from idp.registry import names, phones
from idp.registry.models import Responsable, School

Within = Callable[[Any], ColumnElement[bool]]
"""The condition that a school, a column, is one that whoever searches may see."""

LONGEST = 100
MOST_WORDS = 5
MOST_ACCOUNTS = 1000
SHORTEST_BEGINNING = 2
LONGEST_WITH_SLIP = 40
NUMBERED = ("recovery.reset_asked", "account.email_change_denied")
"""Acts whose page and mail tell the number of a request."""
IDENTIFIANT = re.compile(r"[a-z]\.[a-z]+[0-9]*")
EMPTY: ColumnElement[str] = literal_column("''")
"""Said in the query's own text: only so does the index of usage names serve it."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Found:
    """An adult: an account, or what a school knows of somebody who has none yet."""

    account_id: str | None
    identifiant: str
    state: str
    """The account's; `none` without one."""
    family_name: str
    first_name: str
    schools: tuple[str, ...]
    last_login_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, the closest first."""

    found: Sequence[Found]
    more: bool = False
    """There are others: more letters are needed."""
    near: bool = False
    """Nothing is spelt so; these differ by a slip of the hand."""


def everywhere(column: Any) -> ColumnElement[bool]:
    """No border."""
    return true()


def find(typed: str, within: Within, limit: int = 25) -> Results:
    """The accounts that fit, among those of schools that are within."""
    text = " ".join(typed[:LONGEST].split())
    if "@" in text:
        return _of_accounts(select(Account.id).where(begins(Account.email_key, fold_email(text))), within, limit)
    if IDENTIFIANT.fullmatch(text.lower()):
        return _by_identifiant(text.lower(), within, limit)
    if number := request_numbers.read(text):
        return _by_request(number, within, limit)
    if len(re.sub(r"\D", "", text)) >= 6:
        return _by_mobile(text, within, limit)
    return _by_names([names.fold(word) for word in text.split()][:MOST_WORDS], within, limit)


def begins(column: Any, beginning: str) -> ColumnElement[bool]:
    """The column begins so, in a form that each database serves by an index."""
    if db.engine.dialect.name == "sqlite":
        found: ColumnElement[bool] = and_(column >= beginning, column < beginning + "\U0010ffff")
        return found
    return column.startswith(beginning, autoescape=True)  # type: ignore[no-any-return]


def _by_request(number: str, within: Within, limit: int) -> Results:
    """Whose request it was, whichever account that is part of by now."""
    begun, ended = request_numbers.made_between(number)
    asked = select(AuditEntry.account_id).where(
        AuditEntry.at >= begun,
        AuditEntry.at < ended,
        AuditEntry.event.in_(NUMBERED),
        AuditEntry.account_id.is_not(None),
        AuditEntry.ids["number"].as_string() == number,
    )
    keepers = {merges.keeper_of(account_id).id for account_id in db.session.scalars(asked) if account_id}
    return _of_accounts(select(Account.id).where(Account.id.in_(keepers)), within, limit)


def _by_mobile(text: str, within: Within, limit: int) -> Results:
    number = phones.parse(text).e164
    if number is None:
        return Results(())
    known = select(Responsable.id).where(Responsable.mobile == number, within(Responsable.uai)).limit(limit + 1)
    of_schools = _adults(list(db.session.scalars(known)), within, limit)
    of_accounts = _of_accounts(select(Account.id).where(Account.mobile == number), within, limit)
    ids = {one.account_id for one in of_schools.found}
    return Results((*of_schools.found, *(one for one in of_accounts.found if one.account_id not in ids)))


def _by_identifiant(text: str, within: Within, limit: int) -> Results:
    """That one; without its number, all that begin so. One that was merged leads to where it went."""
    if not text[-1].isdigit():
        named = select(Identifiant.identifiant).where(Identifiant.stem == text).order_by(Identifiant.number)
        return _of_accounts(
            select(Account.id).where(Account.identifiant.in_(named.limit(MOST_ACCOUNTS))), within, limit
        )
    account = db.session.scalar(select(Account).where(Account.identifiant == text))
    keeper = merges.keeper_of(account.id).id if account is not None else ""
    return _of_accounts(select(Account.id).where(Account.id == keeper), within, limit)


def _of_accounts(accounts: Select[Any], within: Within, limit: int) -> Results:
    # Read first: a planner that sees the border in the same query may begin with the schools.
    ids = list(db.session.scalars(accounts.limit(MOST_ACCOUNTS)))
    if not ids:
        return Results(())
    held = select(AccountResponsable.responsable_id).join(
        Responsable, Responsable.id == AccountResponsable.responsable_id
    )
    held = held.where(AccountResponsable.account_id.in_(ids), within(Responsable.uai)).limit(4 * limit)
    return _adults(list(db.session.scalars(held)), within, limit)


def _by_names(words: Sequence[str], within: Within, limit: int) -> Results:
    """Surname and first name in either order, each of one word or more."""
    parts = [part for word in words for part in word.split()]
    if not parts or len(parts[0]) < SHORTEST_BEGINNING:
        return Results(())
    pairs = [("".join(parts), "")]
    for cut in range(1, len(parts)):
        left, right = "".join(parts[:cut]), "".join(parts[cut:])
        pairs += [(left, right), (right, left)]
    for spelt in (_spelt, _nearly_spelt):
        ids: list[str] = []
        for surname, first_name in pairs:
            for column in (Responsable.family_key, Responsable.usage_key):
                query = select(Responsable.id).where(spelt(column, surname), column != EMPTY, within(Responsable.uai))
                if first_name:
                    query = query.where(_first(spelt, first_name))
                ids += db.session.scalars(query.limit(limit + 1))
        if ids:
            results = _adults(list(dict.fromkeys(ids)), within, limit)
            return Results(results.found, results.more, near=spelt is _nearly_spelt)
    return Results(())


def _spelt(column: Any, key: str) -> ColumnElement[bool]:
    return begins(column, key)


def _nearly_spelt(column: Any, key: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_(sorted(slips(key)))
    return found


def _first(spelt: Callable[[Any, str], ColumnElement[bool]], key: str) -> ColumnElement[bool]:
    """A first name that begins so, whichever way the surname was found."""
    exact = begins(Responsable.first_key, key)
    return exact if spelt is _spelt else or_(exact, _nearly_spelt(Responsable.first_key, key))


def slips(key: str) -> set[str]:
    """The key, and what one slip makes of it: a letter too many, missing, wrong, or two neighbours exchanged."""
    if len(key) > LONGEST_WITH_SLIP:
        return {key}
    cuts = [(key[:place], key[place:]) for place in range(len(key) + 1)]
    missing = {left + right[1:] for left, right in cuts if right}
    exchanged = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    wrong = {left + letter + right[1:] for left, right in cuts if right for letter in LETTERS}
    more = {left + letter + right for left, right in cuts for letter in LETTERS}
    return {key} | missing | exchanged | wrong | more


def _adults(responsable_ids: Sequence[str], within: Within, limit: int) -> Results:
    """One line an account, with all its schools that are within, in the order of the ids."""
    query = (
        select(Responsable, Account, School.name)
        .join(School, School.uai == Responsable.uai)
        .outerjoin(AccountResponsable, AccountResponsable.responsable_id == Responsable.id)
        .outerjoin(Account, Account.id == AccountResponsable.account_id)
        .where(Responsable.id.in_(responsable_ids), within(Responsable.uai))
    )
    rank = {key: place for place, key in enumerate(responsable_ids)}
    rows = sorted(db.session.execute(query).all(), key=lambda row: rank[row.Responsable.id])
    adults: dict[str, list[Any]] = {}
    for row in rows:
        adults.setdefault(row.Account.id if row.Account else row.Responsable.id, []).append(row)
    found = [_found(rows) for rows in adults.values()]
    return Results(sorted(found, key=_order)[:limit], more=len(found) > limit)


def _found(rows: Sequence[Any]) -> Found:
    adult, account = rows[0].Responsable, rows[0].Account
    holder = account or adult
    return Found(
        account_id=account.id if account else None,
        identifiant=account.identifiant if account else "",
        state=account.state if account else "none",
        family_name=holder.usage_name or holder.family_name,
        first_name=holder.first_name,
        schools=_schools(row.name for row in rows),
        last_login_at=account.last_login_at if account else None,
    )


def _schools(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found)))


def _order(found: Found) -> tuple[str, str, str]:
    return names.key(found.family_name), names.key(found.first_name), found.identifiant
