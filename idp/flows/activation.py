"""Activation by letter: a table of steps; the current one is computed from the flow and the account.

The letter's password was right; the children's dates come next (an intercepted letter is worth nothing without them),
then a password of one's own, then an address that must be proved before the account is active.
Source: parents' guide, «Parcours par notification».
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from idp import audit, clock
from idp.accounts.letters import printing
from idp.accounts.letters.errors import LetterExpired
from idp.accounts.models import WAITING, Account
from idp.db import db
from idp.flows import birth_dates, credentials
from idp.flows import service as flows
from idp.flows.errors import Barred, WrongStep
from idp.flows.models import Flow
from idp.flows.steps import FINISHED
from idp.registry import matching
from idp.registry.matching import Child
from idp.settings import SelfRegistration

PART = "activation"
STEPS = ("dates", "mot-de-passe", "email", "courriel")


def begin(flow: Flow, account: Account) -> None:
    """The password of an account that waits was right: the flow keeps that proof. Raises LetterExpired."""
    if account.state == "notified" and printing.find_good(account.id) is None:
        audit.record("letter.too_old", account_id=account.id)
        raise LetterExpired
    returns = account.state == "pending_email"
    flows.write_state(flow, PART, {"account": account.id, "bound_to": _bound_to(account), "returns": returns})


def is_under_way(flow: Flow) -> bool:
    """Whether this flow activates an account."""
    return PART in flow.state and flow.account_id is None


def give_up(flow: Flow) -> None:
    """«Annuler»: the proof is forgotten; the password must be typed again."""
    flow.state = {name: part for name, part in flow.state.items() if name != PART}
    db.session.flush()


def account_of(flow: Flow, *, for_update: bool = False) -> Account | None:
    """The account of this flow, as long as its password is the one that was typed (or chosen) here.

    A letter printed anew, a recovery or a suspension ends the flow.
    """
    kept = _state(flow)
    if "account" not in kept:
        return None
    query = select(Account).where(Account.id == kept["account"]).execution_options(populate_existing=True)
    account = db.session.scalars(query.with_for_update() if for_update else query).one()
    alive = (
        account.new_password_due_at is None
        and account.state in (*WAITING, "active")
        and secrets.compare_digest(kept["bound_to"], _bound_to(account))
    )
    if account.state == "notified" and printing.find_good(account.id) is None:
        return None
    return account if alive else None


def current_step(flow: Flow) -> str:
    """The first step that is not done; empty when the flow proves nothing (any more)."""
    account = account_of(flow)
    if account is None:
        return ""
    if account.state == "active":
        return FINISHED
    if account.state == "pending_email":
        return "courriel" if _state(flow).get("address_given") else "email"
    confirmed = _state(flow).get("confirmed_children")
    if confirmed is None or not {child.pupil_id for child in children_of(account)} <= set(confirmed):
        return "dates"
    return "mot-de-passe"


def number_of(flow: Flow, step: str) -> int:
    """The step's number, for «Étape 3 sur 4»; 0 for who comes back later to validate an address."""
    state = _state(flow)
    return STEPS.index(step) + 1 if state and not state.get("returns") else 0


def children_of(account: Account) -> Sequence[Child]:
    """The children whose dates are asked for, each once."""
    return matching.each_child_of([held.responsable_id for held in account.responsables])


def confirm_dates(flow: Flow, dates: Mapping[str, dt.date | None], settings: SelfRegistration) -> None:
    """Step 1. Raises NoChild, WrongDates (tries_left), Barred, WrongStep."""
    account = account_of(flow)
    if account is None or current_step(flow) != "dates":
        raise WrongStep
    ids = [held.responsable_id for held in account.responsables]
    children = children_of(account)
    try:
        birth_dates.check(ids, children, dates, settings, flow_id=flow.id)
    except Barred:
        give_up(flow)
        raise
    _write(flow, confirmed_children=[child.pupil_id for child in children])


def set_password(flow: Flow, password_hash: str, *, device: str) -> None:
    """Step 2: the letter is used up, and its password dead. Raises WrongStep, of two clicks for the later one.

    The hash was made before the transaction began.
    """
    account = account_of(flow, for_update=True)
    letter = printing.find_good(account.id) if account else None
    if account is None or letter is None or current_step(flow) != "mot-de-passe":
        raise WrongStep
    account.state = "pending_email"
    letter.used_at, letter.used_with = clock.now(), device[:256]
    # Nobody is told: the account has no address that was proved.
    credentials.change_password(account, password_hash, language="", told=False)
    printing.replace(account.id)
    _write(flow, bound_to=_bound_to(account))
    audit.record("letter.used", account_id=account.id, letter_id=letter.id, uai=letter.uai)


def note_address(flow: Flow, account: Account) -> None:
    """Step 3: the validation mail left, when this flow activates that account."""
    if is_under_way(flow) and account.state == "pending_email":
        _write(flow, address_given=True)


def finish(flow: Flow) -> Account:
    """Step 4 is done, perhaps on another device: the flow ends with its account. Raises WrongStep."""
    account = account_of(flow, for_update=True)
    if account is None or account.state != "active":
        raise WrongStep
    give_up(flow)
    flows.end(flow, account.id)
    return account


def _state(flow: Flow) -> dict[str, Any]:
    return dict(flow.state.get(PART, {}))


def _write(flow: Flow, **values: object) -> None:
    flows.write_state(flow, PART, {**_state(flow), **values})


def _bound_to(account: Account) -> str:
    return hashlib.sha256((account.password_hash or "").encode()).hexdigest()
