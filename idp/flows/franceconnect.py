"""Login by FranceConnect, or by another upstream: from a proven identity to an account.

An identity proves who somebody is, never which responsable: an unknown one gives the mobile known to the school, the
code sent to it, and the birth dates of all the children; or the password of an account of the same person.
Source: journeys, «FranceConnect» (J4).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from idp import audit
from idp.accounts import email, merges
from idp.accounts import service as accounts
from idp.accounts.errors import AccountUnavailable, AlreadyHeld
from idp.accounts.models import MAY_LOG_IN, Account
from idp.db import db
from idp.flows import birth_dates, credentials, mobile_code, one_account, school_mobile
from idp.flows import service as flows
from idp.flows.errors import (
    AlreadyRegistered,
    Barred,
    DifferentPerson,
    NoMatch,
    SeveralAdults,
    WrongStep,
)
from idp.flows.models import Flow
from idp.flows.steps import FINISHED, Step, first_undone
from idp.franceconnect import service as links
from idp.franceconnect.callback import Login
from idp.franceconnect.errors import NotLinked
from idp.franceconnect.identity import GENDERS, Identity
from idp.franceconnect.upstreams import Upstream
from idp.registry import matching, names
from idp.registry.matching import Child
from idp.registry.models import Responsable
from idp.registry.phones import Phone
from idp.settings import SelfRegistration, Settings

PART = "franceconnect"
REQUEST = "upstream_request"
"""Part of the flow's state: the request under way upstream, and whether it was `used`."""
CIVILITY = {"M.": "M", "M": "M", "MME": "F", "MLLE": "F"}


def state_of(flow: Flow) -> dict[str, Any]:
    """What the steps proved so far."""
    return mobile_code.state_of(flow, PART)


def identity_of(flow: Flow) -> Identity | None:
    """Who the upstream said it is, until the flow ends."""
    kept = links.kept_login(flow.id)
    return kept[1] if kept else None


STEPS = (
    Step("identite", lambda flow: bool(responsables_of(flow))),
    Step("code", lambda flow: mobile_code.is_confirmed(flow, PART)),
    Step("dates", lambda flow: school_mobile.are_dates_confirmed(flow, PART)),
)


def current_step(flow: Flow) -> str:
    """The first step that is not done; empty when no login upstream is under way in this flow."""
    if flow.ended_at is not None:
        return FINISHED
    if identity_of(flow) is None:
        return ""
    return first_undone(STEPS, flow)


def is_away(flow: Flow, upstream: str) -> bool:
    """Whether the parent went to that upstream and has not come back: they may be stranded on a page of it."""
    request = flow.state.get(REQUEST) or {}
    return request.get("upstream") == upstream and not request.get("used")


def responsables_of(flow: Flow) -> list[Responsable]:
    """The responsables that names and mobile found and would still find."""
    return school_mobile.responsables_of(flow, PART)


def has_vanished(flow: Flow) -> bool:
    """Whether the registry was changed since then, so that the mobile must be given again."""
    return school_mobile.has_vanished(flow, PART)


def children_of(flow: Flow) -> Sequence[Child]:
    """The children linked to those responsables, each once, the eldest first."""
    return school_mobile.children_of(flow, PART)


def receive(flow: Flow, upstream: Upstream, login: Login) -> Account | None:
    """A login upstream was proven: the account it is linked to, or None, and the flow waits for proofs.

    Raises AccountUnavailable for a suspended account; NotLinked where the upstream takes no proofs; DifferentPerson
    when the identity contradicts the link's (a recycled `sub`): the contradiction stops, nothing is overwritten.
    """
    identity = login.identity
    flows.write_state(flow, PART, {})
    link = links.find(identity.issuer, identity.sub)
    if link is None:
        audit.record("upstream.unknown", flow_id=flow.id, upstream=upstream.key)
        if upstream.matching == "linked":
            # Nothing of the login is kept, so no step of this journey can be reached.
            links.forget_login(flow.id)
            raise NotLinked
    links.keep_login(flow.id, upstream.key, login)
    if link is None:
        return None
    if links.contradicts(link, identity):
        audit.record("upstream.contradiction", account_id=link.account_id, flow_id=flow.id)
        raise DifferentPerson
    account = db.session.get_one(Account, link.account_id)
    if account.state not in MAY_LOG_IN:
        audit.record("login.refused", account_id=account.id)
        raise AccountUnavailable(state=account.state, keeper=merges.keeper_name(account))
    links.note_use(link, identity.acr)
    flows.end(flow, account.id)
    return account


def search(flow: Flow, phone: Phone, address: str, settings: Settings) -> None:
    """Find the one adult of the identity's names and this mobile. The limits are those of the SMS journey.

    Raises TooManySearches, NoMatch, SeveralAdults, MobileTooRecent, Barred, WrongStep. Nothing tells a wrong number
    from a wrong name.
    """
    identity = identity_of(flow)
    if identity is None or flow.ended_at is not None:
        raise WrongStep
    school_mobile.count_search(address, settings)
    mobile = school_mobile.number_of(phone, settings.sms)
    found = _candidates(identity, mobile)
    if not found:
        audit.record("upstream.no_match", flow_id=flow.id)
        raise NoMatch
    if len({(person.first_key, person.family_key) for person in found}) > 1:
        audit.record("upstream.several_adults", flow_id=flow.id)
        raise SeveralAdults
    school_mobile.keep(flow, PART, found, mobile, settings)


def _candidates(identity: Identity, mobile: str) -> list[Responsable]:
    """Responsables of the birth or usage name, of any one given name, with that mobile; a contradiction excludes."""
    found: dict[str, Responsable] = {}
    for surname in identity.surnames:
        for given in identity.given_names:
            for person in matching.find_responsables(surname, given, mobile):
                found[person.id] = person
    return [person for person in found.values() if not _contradicts(identity, person)]


def _contradicts(identity: Identity, person: Responsable) -> bool:
    """The register's only other fact about an adult is the civility; an unspecified gender contradicts nothing."""
    stated, known = GENDERS.get(identity.gender, ""), CIVILITY.get(person.civility.upper(), "")
    return bool(stated and known and stated != known)


def confirm_dates(flow: Flow, dates: Mapping[str, dt.date | None], settings: SelfRegistration) -> None:
    """Raises WrongDates (tries_left), Barred at the last wrong submission, WrongStep."""
    if current_step(flow) != "dates":
        raise WrongStep
    children = children_of(flow)
    try:
        ids = [person.id for person in responsables_of(flow)]
        birth_dates.check(ids, children, dates, settings, flow_id=flow.id)
    except Barred:
        flows.write_state(flow, PART, {})
        raise
    state = state_of(flow)
    state["confirmed_children"] = [child.pupil_id for child in children]
    flows.write_state(flow, PART, state)


def finish(flow: Flow, *, language: str) -> tuple[Account, bool]:
    """The proofs are complete: the account, new or known, is linked and the flow ends. Tells whether it is new.

    One transaction; two tabs make one account. An account that a letter began is finished, without a password.
    Raises WrongStep, AccountUnavailable, AlreadyLinked, AlreadyRegistered.
    """
    identity = identity_of(flow)
    if current_step(flow) != FINISHED or flow.ended_at is not None or identity is None:
        raise WrongStep
    found, mobile = responsables_of(flow), state_of(flow)["mobile"]
    standing = one_account.judge(found)
    is_new = not standing.joins
    if not is_new:
        # What another school knows of the same adult joins the account that the proofs reached.
        account = one_account.join(standing, language=language)
    elif standing.account is not None:
        account = one_account.finish(standing, None, mobile)
    else:
        account = _create(found, mobile)
    if is_new and not account.email and email.is_address(identity.email):
        # Proposed only: an upstream's address proves nothing here (attack 97).
        account.email = identity.email
    _link(flow, account, identity, language=language, told=not is_new)
    return account, is_new


def _create(found: Sequence[Responsable], mobile: str) -> Account:
    try:
        return accounts.create(found, password_hash=None, mobile=mobile)
    except AlreadyHeld:
        raise AlreadyRegistered from None


def link_by_password(flow: Flow, account: Account, *, language: str) -> None:
    """Link the account whose password was just typed. Raises DifferentPerson, AlreadyLinked, WrongStep."""
    identity = identity_of(flow)
    if identity is None or flow.ended_at is not None:
        raise WrongStep
    check_person(account, identity)
    _link(flow, account, identity, language=language, told=True)


def check_person(account: Account, identity: Identity) -> None:
    """Raises DifferentPerson when the account is in another name, or is linked to a homonym."""
    if not is_named(account, identity) or links.is_somebody_elses(account.id, identity):
        audit.record("upstream.other_person", account_id=account.id)
        raise DifferentPerson


def is_named(account: Account, identity: Identity) -> bool:
    """Whether the account is in the identity's name: birth or usage name, and any one given name, folded."""
    surnames = {names.key(name) for name in (account.family_name, account.usage_name) if name}
    stated = {names.key(name) for name in identity.surnames}
    return bool(surnames & stated) and names.key(account.first_name) in map(names.key, identity.given_names)


def _link(flow: Flow, account: Account, identity: Identity, *, language: str, told: bool) -> None:
    if account.state not in MAY_LOG_IN:
        raise AccountUnavailable(state=account.state, keeper=merges.keeper_name(account))
    if links.is_somebody_elses(account.id, identity):
        audit.record("upstream.other_person", account_id=account.id)
        raise DifferentPerson
    links.link(account.id, identity)
    if told:
        credentials.tell_owner(account, "upstream_linked", language=language)
    flows.end(flow, account.id)
