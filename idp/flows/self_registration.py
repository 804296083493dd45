"""SMS self-registration: a table of steps; the current one is computed from the flow and the registry.

Source: parents' guide, «Auto-inscription».
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from idp import audit
from idp.accounts import identifiant as identifiants
from idp.accounts import service as accounts
from idp.accounts.errors import AlreadyHeld
from idp.accounts.models import Account
from idp.db import db
from idp.flows import birth_dates, mobile_code, one_account, school_mobile
from idp.flows import service as flows
from idp.flows.errors import (
    AlreadyRegistered,
    Barred,
    NoMatch,
    WrongStep,
)
from idp.flows.models import Flow
from idp.flows.steps import FINISHED, Step, first_undone
from idp.registry import matching
from idp.registry.matching import Child
from idp.registry.models import Responsable
from idp.registry.phones import Phone
from idp.settings import SelfRegistration, Settings

PART = "self_registration"


def state_of(flow: Flow) -> dict[str, Any]:
    """What the steps proved so far."""
    return mobile_code.state_of(flow, PART)


def _has_account(flow: Flow) -> bool:
    return flow.account_id is not None


STEPS = (
    Step("informations", lambda flow: bool(responsables_of(flow))),
    Step("code", lambda flow: mobile_code.is_confirmed(flow, PART)),
    Step("dates", lambda flow: school_mobile.are_dates_confirmed(flow, PART)),
    Step("mot-de-passe", _has_account),
)
JOINED = "rattachee"
"""The proofs led to an account that is in use: the flow waits for its login."""


def current_step(flow: Flow) -> str:
    """The first step that is not done: a reload, the back button, two tabs and a typed URL all land there."""
    if _has_account(flow):
        return FINISHED
    if state_of(flow).get("joined"):
        return JOINED
    return first_undone(STEPS, flow)


def responsables_of(flow: Flow) -> list[Responsable]:
    """The responsables that the first step found and would still find."""
    return school_mobile.responsables_of(flow, PART)


def has_vanished(flow: Flow) -> bool:
    """Whether the registry was changed since the first step, so that it must be done again."""
    return school_mobile.has_vanished(flow, PART)


def children_of(flow: Flow) -> Sequence[Child]:
    """The children linked to those responsables, each once, the eldest first."""
    return school_mobile.children_of(flow, PART)


def search(flow: Flow, surname: str, first_name: str, phone: Phone, address: str, settings: Settings) -> None:
    """Step 1: find the responsables of these names and this mobile, and begin again with them.

    Raises TooManySearches, NoMatch, AlreadyRegistered, MobileTooRecent, Barred.
    """
    school_mobile.count_search(address, settings)
    mobile = school_mobile.number_of(phone, settings.sms)
    found = matching.find_responsables(surname, first_name, mobile)
    if not found:
        audit.record("registration.no_match", flow_id=flow.id)
        raise NoMatch
    one_account.standing_of(found)
    school_mobile.keep(flow, PART, found, mobile, settings)


def confirm_dates(
    flow: Flow, dates: Mapping[str, dt.date | None], settings: SelfRegistration, *, language: str
) -> None:
    """Step 3: one date for each child, all in one submission.

    All right: the identifiant is reserved; where this adult has an account in use, what is new joins that account.
    Raises WrongDates (tries_left), Barred at the last wrong submission, AlreadyRegistered, WrongStep.
    """
    if current_step(flow) != "dates":
        raise WrongStep
    children, found = children_of(flow), responsables_of(flow)
    ids = [r.id for r in found]
    try:
        birth_dates.check(ids, children, dates, settings, flow_id=flow.id)
    except Barred:
        flows.write_state(flow, PART, {})
        raise
    state, standing = state_of(flow), one_account.standing_of(found)
    state["confirmed_children"] = [child.pupil_id for child in children]
    if standing.joins:
        state["joined"] = one_account.join(standing, language=language).id
    elif standing.account is not None:
        state["identifiant"] = standing.account.identifiant
    elif "identifiant" not in state:
        state["identifiant"] = identifiants.reserve(found[0].first_name, found[0].family_name)
    flows.write_state(flow, PART, state)


def joined_account(flow: Flow) -> Account | None:
    """The account in use that step 3 led to."""
    return db.session.get(Account, state_of(flow).get("joined", ""))


def identifiant_of(flow: Flow) -> str:
    """The identifiant that step 3 reserved."""
    return str(state_of(flow).get("identifiant", ""))


def create_account(flow: Flow, password_hash: str) -> Account:
    """Step 4: the account, active at once, and the flow's end, in one transaction.

    Raises AlreadyRegistered when another flow was faster, WrongStep.
    """
    if current_step(flow) != "mot-de-passe":
        raise WrongStep
    state, found = state_of(flow), responsables_of(flow)
    standing = one_account.standing_of(found)
    if standing.joins:
        raise AlreadyRegistered
    if standing.account is not None:
        account = one_account.finish(standing, password_hash, state["mobile"])
        flows.end(flow, account.id)
        return account
    try:
        account = accounts.create(
            found,
            password_hash=password_hash,
            identifiant=state["identifiant"],
            mobile=state["mobile"],
        )
    except AlreadyHeld:
        raise AlreadyRegistered from None
    flows.end(flow, account.id)
    return account
