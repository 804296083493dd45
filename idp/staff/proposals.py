"""What takes two administrators: one proposes, another confirms within a set time (ATTACKS 125, 126).

Two decide who becomes an administrator, by an invitation, a change of role or an account that is opened again, and that
a colleague's password or second factor is forgotten. Nobody confirms what they proposed, and nobody acts on themselves.
A proposal is a row while it waits, and only then: one DELETE decides who gets it. The audit log keeps its story.
"""

import datetime as dt
from typing import Literal, get_args

from sqlalchemy import Delete, delete, exists, select
from sqlalchemy.orm import aliased

from idp import audit, clock
from idp.db import db
from idp.settings import Settings
from idp.staff import changes, invitations, service
from idp.staff.errors import AlreadyProposed, NobodyToConfirm, NotReady, OwnAct, ProposalGone
from idp.staff.models import StaffAccount, StaffProposal
from idp.staff.telling import tell

Act = Literal["administrator", "reopen", "password", "factor"]
ACTS: tuple[Act, ...] = get_args(Act)
INVITE = "invite"
"""The act of a proposal about somebody who has no account yet."""


def is_possible(act: Act, staff: StaffAccount) -> bool:
    """Whether the account's state lets this be done to it."""
    in_use = not staff.disabled_at and bool(staff.password_hash)
    match act:
        case "administrator":
            return in_use and service.has_factor(staff) and staff.role != "administrator"
        case "reopen":
            return bool(staff.disabled_at) and staff.role == "administrator"
        case "password":
            return not staff.disabled_at
    return in_use


def propose(act: Act, staff: StaffAccount, settings: Settings, *, by: StaffAccount) -> StaffProposal:
    """Ask for an act on a colleague's account. Raises OwnAct, NotReady, AlreadyProposed, NobodyToConfirm."""
    if staff.id == by.id:
        raise OwnAct
    if not is_possible(act, staff):
        raise NotReady
    if any(one.act == act and one.staff_id == staff.id for one in waiting()):
        raise AlreadyProposed
    made = _add(StaffProposal(act=act, staff_id=staff.id), settings, by)
    tell(staff, "asked", asked=act, ends_at=made.ends_at)
    return made


def propose_administrator(login: str, name: str, email: str, settings: Settings, *, by: StaffAccount) -> StaffProposal:
    """Ask for an account of a new administrator; it is made once a second one agrees.

    Raises LoginInvalid, LoginTaken, EmailInvalid, AlreadyProposed, NobodyToConfirm.
    """
    written, called, address = service.check_new(login, name, email)
    if any(one.login == written for one in waiting()):
        raise AlreadyProposed
    return _add(StaffProposal(act=INVITE, login=written, name=called, email=address), settings, by)


def _add(proposal: StaffProposal, settings: Settings, by: StaffAccount) -> StaffProposal:
    if not _others(by.id, proposal.staff_id):
        raise NobodyToConfirm
    now = clock.now()
    proposal.proposed_by, proposal.created_at = by.id, now
    proposal.ends_at = now + dt.timedelta(hours=settings.staff.consent_hours)
    db.session.add(proposal)
    db.session.flush()
    _record("proposed", proposal, by.by)
    return proposal


def _others(*but: str | None) -> bool:
    """Whether an administrator beside these can be asked."""
    query = select(StaffAccount.id).where(*_IS_ADMINISTRATOR, StaffAccount.password_hash.is_not(None))
    return db.session.scalar(query.where(StaffAccount.id.not_in([one for one in but if one])).limit(1)) is not None


_IS_ADMINISTRATOR = (StaffAccount.role == "administrator", StaffAccount.disabled_at.is_(None))
_Proposer = aliased(StaffAccount)
_ALIVE = exists().where(
    _Proposer.id == StaffProposal.proposed_by, _Proposer.role == "administrator", _Proposer.disabled_at.is_(None)
)
"""Who proposed it is an administrator still: what a stolen account asked for falls with the account."""


def waiting() -> list[StaffProposal]:
    """What waits for a second administrator, the oldest first."""
    query = select(StaffProposal).where(StaffProposal.ends_at > clock.now(), _ALIVE)
    return list(db.session.scalars(query.order_by(StaffProposal.id)))


def get(proposal_id: str) -> StaffProposal:
    """A proposal that waits. Raises ProposalGone."""
    found = next((one for one in waiting() if one.id == proposal_id), None)
    if found is None:
        raise ProposalGone
    return found


def may_confirm(proposal: StaffProposal, staff: StaffAccount) -> bool:
    """Whether this administrator is the second one: neither who proposed it nor whom it is about."""
    return staff.id not in (proposal.proposed_by, proposal.staff_id)


def confirm(proposal_id: str, settings: Settings, *, by: StaffAccount) -> tuple[StaffAccount, str]:
    """Do what was proposed: the account, and a link to be shown where it has no address to be sent to.

    Raises OwnAct, ProposalGone, NotReady, LoginTaken.
    """
    proposal = get(proposal_id)
    if not may_confirm(proposal, by):
        raise OwnAct
    mine = exists().where(StaffAccount.id == by.id, *_IS_ADMINISTRATOR)
    _take(proposal, delete(StaffProposal).where(_ALIVE, mine, StaffProposal.proposed_by != by.id))
    _record("proposal_confirmed", proposal, by.by)
    if proposal.staff_id is None:
        staff = service.add(proposal.login, proposal.name, "administrator", email=proposal.email, by=by.by)
        return staff, invitations.give(staff, "account", settings, by=by.by)
    staff = db.session.get_one(StaffAccount, proposal.staff_id, with_for_update=True, populate_existing=True)
    return staff, _do(proposal.act, staff, settings, by.by)


def _do(act: str, staff: StaffAccount, settings: Settings, by: str) -> str:
    chosen = next(known for known in ACTS if known == act)
    if not is_possible(chosen, staff):
        raise NotReady
    match chosen:
        case "administrator":
            changes.change_role(staff, "administrator", by=by)
        case "reopen":
            changes.enable(staff, by=by)
        case "password":
            return changes.reset_password(staff, settings, by=by)
        case "factor":
            return changes.reset_factor(staff, settings, by=by)
    return ""


def refuse(proposal_id: str, *, by: str) -> None:
    """Say no; who proposed it takes it back. Raises ProposalGone."""
    proposal = get(proposal_id)
    _take(proposal, delete(StaffProposal))
    _record("proposal_refused", proposal, by)
    if proposal.staff_id:
        tell(db.session.get_one(StaffAccount, proposal.staff_id), "refused", asked=proposal.act)


def _take(proposal: StaffProposal, statement: Delete) -> None:
    """Of two browsers one gets it."""
    own = statement.where(StaffProposal.id == proposal.id, StaffProposal.ends_at > clock.now())
    taken = own.returning(StaffProposal.id).execution_options(synchronize_session=False)
    db.session.expunge(proposal)
    if db.session.scalar(taken) is None:
        raise ProposalGone


def sweep(batch: int = 1000) -> int:
    """Delete proposals that nobody decided in time, at most `batch`; how many. The worker's housekeeping."""
    ended = select(StaffProposal).where(StaffProposal.ends_at <= clock.now()).limit(batch)
    gone = list(db.session.scalars(ended.with_for_update(skip_locked=True)))
    for proposal in gone:
        _record("proposal_expired", proposal, None)
        db.session.delete(proposal)
    db.session.flush()
    return len(gone)


def _record(what: str, proposal: StaffProposal, by: str | None) -> None:
    facts = {"proposal_id": proposal.id, "act": proposal.act, "staff_id": proposal.staff_id}
    audit.record(f"staff.{what}", by=by, proposed_by=proposal.proposed_by, **facts)
