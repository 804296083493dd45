"""Merging: the children of another account of the same person come to this one, and the other is closed.

Source: parents' guide, «Comment regrouper vos comptes ?». What happens to each part, and the undo: docs/merging.md.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from idp import audit, clock
from idp.accounts import links, login, merges
from idp.accounts.letters import printing
from idp.accounts.letters.errors import LetterExpired
from idp.accounts.merges import Merge
from idp.accounts.models import Account, AccountResponsable, Session
from idp.db import db
from idp.db.hot import HotPath
from idp.delivery import messages
from idp.flows import birth_dates
from idp.flows import service as flows
from idp.flows.errors import (
    ChildrenChanged,
    DifferentPerson,
    NoChild,
    NotMergeable,
    NotMerged,
    SameAccount,
    UndoTooLate,
    WrongStep,
)
from idp.flows.models import Flow
from idp.grants import sign_out
from idp.registry import matching, names
from idp.registry.matching import Child
from idp.settings import SelfRegistration, Settings

PART = "merging"
LIFE = dt.timedelta(minutes=15)
"""How long the other account's password counts as proved."""
UNDOABLE = dt.timedelta(days=30)

MERGEABLE = ("active", "pending_email", "notified")
NEVER_ACTIVATED = ("pending_email", "notified")
"""A letter may have been found: its password alone proves nobody (ATTACKS 101)."""

DATES, ADD, FINISHED = "dates", "ajouter", "termine"


def search(kept: Account, typed: str, password: str, address: str, hot: HotPath, settings: Settings) -> Account:
    """The other account, by its identifiant and password; the try counts as a login.

    Raises WrongCredentials, TooManyTries, SameAccount, DifferentPerson, NotMergeable (state, keeper), NoChild,
    LetterExpired.
    """
    kept_id = kept.id
    other = login.verify(typed, password, address, hot, settings)
    kept = db.session.get_one(Account, kept_id)
    try:
        _check(kept, other)
        if not _children(other):
            raise NoChild
        if other.state == "notified" and printing.find_good(other.id) is None:
            raise LetterExpired
    except (SameAccount, DifferentPerson, NotMergeable, NoChild, LetterExpired) as refusal:
        audit.record("merging.refused", account_id=kept_id, other_id=other.id, reason=type(refusal).__name__)
        raise
    return other


def begin(flow: Flow, session: Session, other: Account) -> None:
    """Keep the proof: this session of this account, the other account as it is now."""
    state: dict[str, Any] = {"kept": session.account_id, "session": session.public_id, "other": other.id}
    state |= {"password": _digest(other), "responsables": _responsables(other), "confirmed_children": []}
    flows.write_state(flow, PART, state)
    audit.record("merging.proved", account_id=session.account_id, other_id=other.id)


def is_of(flow: Flow, session: Session) -> bool:
    """Whether the flow merges something into this session's account, and was begun by this very session."""
    state = _state(flow)
    return (state.get("kept"), state.get("session")) == (session.account_id, session.public_id)


def other_of(flow: Flow) -> Account:
    """The account that is to be closed."""
    return db.session.get_one(Account, _state(flow)["other"])


def children_of(flow: Flow) -> Sequence[Child]:
    """The children to add, once for each school."""
    return _children(other_of(flow))


def pupils_of(flow: Flow) -> Sequence[Child]:
    """Those children, each once: whose birth dates are asked for."""
    return list({child.pupil_id: child for child in reversed(children_of(flow))}.values())[::-1]


def current_step(flow: Flow) -> str:
    """Where the flow is; computed, so that a reload or a second tab lands right."""
    if flow.ended_at is not None:
        return FINISHED
    if other_of(flow).state in NEVER_ACTIVATED and not _are_dates_confirmed(flow):
        return DATES
    return ADD


def confirm_dates(flow: Flow, dates: Mapping[str, dt.date | None], settings: SelfRegistration) -> None:
    """One date for each child of an account that was never activated. Raises NoChild, WrongDates, Barred, WrongStep."""
    if current_step(flow) != DATES:
        raise WrongStep
    children = pupils_of(flow)
    birth_dates.check(_responsables(other_of(flow)), children, dates, settings, flow_id=flow.id)
    confirmed = [child.pupil_id for child in children]
    flows.write_state(flow, PART, {**_state(flow), "confirmed_children": confirmed})


def add(flow: Flow, *, language: str) -> Merge:
    """Close the other account into this one, in one transaction with its audit and mails.

    Raises WrongStep when the proof no longer holds, ChildrenChanged when the list that was shown is not today's,
    NotMergeable, SameAccount, DifferentPerson.
    """
    if current_step(flow) != ADD:
        raise WrongStep
    state = _state(flow)
    held = merges.lock([state["kept"], state["other"]])
    kept, other = held[state["kept"]], held[state["other"]]
    _check(kept, other)
    if _digest(other) != state["password"]:
        raise WrongStep
    if _responsables(other) != state["responsables"]:
        flows.write_state(flow, PART, {**state, "responsables": _responsables(other)})
        raise ChildrenChanged
    merge = close(kept, other)
    _tell(kept, other, "account_merged", language, until=merge.undoable_until)
    flows.end(flow, kept.id)
    return merge


def undo(identifiant: str, *, language: str, by: str = "", reason: str = "") -> Merge:
    """Open the account again that this identifiant named, with all that it had; the other keeps what it had itself.

    Raises NotMerged, UndoTooLate (ended_at).
    """
    account_id = db.session.scalar(select(Account.id).where(Account.identifiant == identifiant))
    if account_id is None:
        raise NotMerged
    accounts = _lock_chain(account_id)
    merge = merges.standing(account_id)
    if merge is None:
        raise NotMerged
    if merge.undoable_until <= clock.now():
        raise UndoTooLate(ended_at=merge.undoable_until)
    keeper, other = accounts[merges.chain(account_id)[-1]], accounts[account_id]
    _move(merge.responsable_ids, keeper, other)
    merge.undone_at = other.updated_at = keeper.updated_at = clock.now()
    other.state = merge.merged_state
    db.session.flush()
    for account in (keeper, other):
        account.former_ids = " ".join(merges.former_ids(account.id))
    audit.record("account.merge_undone", account_id=keeper.id, merged_id=other.id, by=by or None, reason=reason)
    audit.record("account.reopened", account_id=other.id, kept_id=keeper.id, by=by or None, reason=reason)
    _tell(keeper, other, "merge_undone", language)
    return merge


def _state(flow: Flow) -> dict[str, Any]:
    return dict(flow.state.get(PART, {}))


def _check(kept: Account, other: Account) -> None:
    if kept.id == other.id:
        raise SameAccount
    if other.state not in MERGEABLE:
        keeper = merges.keeper_of(other.id) if other.state == "merged" else None
        raise NotMergeable(state=other.state, keeper=keeper.identifiant if keeper else "")
    if kept.state != "active":
        raise NotMergeable(state=kept.state, keeper="")
    if not is_same_person(kept, other):
        raise DifferentPerson


def is_same_person(one: Account, another: Account) -> bool:
    """Same folded first name, and a surname (birth or usage) in common."""
    surnames = [{names.key(account.family_name), names.key(account.usage_name)} - {""} for account in (one, another)]
    return names.key(one.first_name) == names.key(another.first_name) and bool(surnames[0] & surnames[1])


def _children(account: Account) -> list[Child]:
    return matching.children_of(_responsables(account))


def _responsables(account: Account) -> list[str]:
    held = select(AccountResponsable.responsable_id).where(AccountResponsable.account_id == account.id)
    return sorted(db.session.scalars(held))


def _are_dates_confirmed(flow: Flow) -> bool:
    """Every child linked now was confirmed: a file imported half-way may have brought one more."""
    children = children_of(flow)
    return bool(children) and {child.pupil_id for child in children} <= set(_state(flow)["confirmed_children"])


def _digest(account: Account) -> str:
    """What the proof was about: a new password, or one that is due, or a new letter ends it."""
    proved = f"{account.state}|{account.password_hash}|{account.new_password_due_at}"
    return hashlib.sha256(proved.encode()).hexdigest()


def close(kept: Account, other: Account) -> Merge:
    """Close the other account into this one; the caller holds both and checked them."""
    now = clock.now()
    merge = Merge(
        kept_id=kept.id,
        merged_id=other.id,
        merged_state=other.state,
        responsable_ids=_responsables(other),
        merged_at=now,
        undoable_until=now + UNDOABLE,
    )
    db.session.add(merge)
    db.session.flush()
    _move(merge.responsable_ids, other, kept)
    other.state, other.updated_at, kept.updated_at = "merged", now, now
    kept.former_ids = " ".join(merges.former_ids(kept.id))
    sign_out.end_sessions(other.id)
    links.kill(other.id)
    audit.record("account.merged", account_id=kept.id, merged_id=other.id, responsables=len(merge.responsable_ids))
    audit.record("account.closed_by_merge", account_id=other.id, kept_id=kept.id)
    return merge


def _move(responsable_ids: list[str], giver: Account, taker: Account) -> None:
    """Only what the giver still holds: each undo takes back its own part, in whatever order undos come."""
    statement = (
        update(AccountResponsable)
        .where(AccountResponsable.responsable_id.in_(responsable_ids), AccountResponsable.account_id == giver.id)
        .values(account_id=taker.id)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(statement)
    for account in (giver, taker):
        db.session.expire(account, ["responsables"])


def _lock_chain(account_id: str) -> dict[str, Account]:
    """Hold the account and those it went into, as the chain is once all are held."""
    while True:
        ids = merges.chain(account_id)
        accounts = merges.lock(ids)
        if merges.chain(account_id) == ids:
            return accounts


def _tell(kept: Account, other: Account, name: str, language: str, **values: Any) -> None:
    """Both owners' addresses hear of it; one that both accounts have, once."""
    told: set[str] = set()
    for account in (kept, other):
        if account.email and account.email_bounced_at is None and account.email.casefold() not in told:
            told.add(account.email.casefold())
            messages.queue_mail(account.email, name, language=account.language or language, account=account,
                                kept=kept.identifiant, closed=other.identifiant, **values)  # fmt: skip
