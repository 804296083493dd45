"""A new password for many accounts, after a leak: the old one opens nothing any more.

Who knows the old password only reaches a page that says so. The new one is chosen by a proof that the leak did not
give away: a link by mail, a code by SMS, a login upstream (`recovery`), or a new letter from the school.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from idp import audit, clock
from idp.accounts import links
from idp.accounts.identifiant import normalise
from idp.accounts.letters.models import Letter
from idp.accounts.models import MAY_LOG_IN, Account, AccountResponsable, Session
from idp.db import db
from idp.delivery import outbox
from idp.delivery.messages import queue_mail
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.franceconnect.models import LinkedIdentity
from idp.grants import sign_out
from idp.registry.models import Responsable

KIND = "new_password_due"
PART = "new_password_due"
NEVER = ("notified", "erased")
"""States without a password of one's own: a letter that waits is killed, nothing else is due."""

HAS_MAIL = and_(Account.email.is_not(None), Account.email_verified_at.is_not(None), Account.email_bounced_at.is_(None))
HAS_MOBILE = and_(Account.mobile.is_not(None), Account.mobile_verified_at.is_not(None))


@dataclass(frozen=True)
class Outcome:
    """How many: accounts whose password is over, letters that are, sessions that end, owners told by mail.

    `without_proof` of these accounts have neither mail, mobile nor login upstream: a letter or the assistance helps.
    """

    accounts: int = 0
    letters: int = 0
    sessions: int = 0
    mails: int = 0
    without_proof: int = 0

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))


class Due(NamedTuple):
    """An account whose password is to end, and whether its owner can be reached."""

    id: str
    has_mail: bool
    has_proof: bool


class Pace:
    """When each mail leaves: so many an hour, so that codes that parents wait for are never behind them."""

    def __init__(self, per_hour: int) -> None:
        self._next, self._step = clock.now(), dt.timedelta(hours=1) / per_hour

    def take(self) -> dt.datetime:
        """The instant of the next mail."""
        taken, self._next = self._next, self._next + self._step
        return taken


def all_ids(batch: int) -> Iterator[list[str]]:
    """Every account, by id, in batches; the table is never read at once."""
    return _in_batches([], batch)


def ids_of_school(uai: str, batch: int) -> Iterator[list[str]]:
    """The accounts that hold a responsable of a school."""
    held = select(AccountResponsable.account_id).join(Responsable, Responsable.id == AccountResponsable.responsable_id)
    return _in_batches([Account.id.in_(held.where(Responsable.uai == uai))], batch)


def ids_of(typed: Iterable[str], batch: int) -> Iterator[tuple[list[str], int]]:
    """The accounts of identifiants or ids, one a line, and how many lines of each batch name none."""
    waiting: list[str] = []
    for line in typed:
        if name := normalise(line):
            waiting.append(name)
        if len(waiting) == batch:
            yield _look_up(waiting)
            waiting = []
    if waiting:
        yield _look_up(waiting)


def _look_up(names: list[str]) -> tuple[list[str], int]:
    query = select(Account.id, Account.identifiant)
    found = db.session.execute(query.where(or_(Account.identifiant.in_(names), Account.id.in_(names)))).all()
    known = {name for row in found for name in row}
    return sorted(row.id for row in found), sum(name not in known for name in names)


def _in_batches(conditions: list[ColumnElement[bool]], batch: int) -> Iterator[list[str]]:
    last = ""
    while True:
        query = select(Account.id).where(Account.id > last, *conditions).order_by(Account.id).limit(batch)
        ids = list(db.session.scalars(query))
        if not ids:
            return
        yield ids
        last = ids[-1]


def look(ids: Sequence[str]) -> Outcome:
    """What `demand` would do to these accounts. Changes nothing."""
    due = _due(ids)
    sessions = select(func.count()).select_from(Session).where(Session.account_id.in_([row.id for row in due]))
    letters = select(func.count()).select_from(Letter).where(*_living_letters(ids))
    return _outcome(due, db.session.scalar(letters) or 0, db.session.scalar(sessions) or 0)


def demand(ids: Sequence[str], reason: str, by: str, pace: Pace) -> Outcome:
    """Nobody opens these accounts by their password any more; sessions, tokens and mailed links end, owners are told.

    In the caller's transaction, for one batch. An account that waits for its new password already is left alone.
    """
    # Held in one order for everybody, so that two commands or a merge never wait for each other.
    db.session.execute(select(Account.id).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()).all()
    due = _due(ids)
    now, due_ids = clock.now(), [row.id for row in due]
    marked = update(Account).where(Account.id.in_(due_ids)).values(new_password_due_at=now, updated_at=now)
    db.session.execute(marked.execution_options(synchronize_session=False))
    over = update(Letter).where(*_living_letters(ids)).values(replaced_at=now).returning(Letter.id)
    letters = db.session.execute(over.execution_options(synchronize_session=False)).all()
    ended = sign_out.end_all(due_ids)
    links.kill_all(due_ids)
    for account_id in due_ids:
        audit.record("account.new_password_demanded", account_id=account_id, reason=reason, by=by)
    mails = [({"kind": KIND, "account_id": row.id}, pace.take()) for row in due if row.has_mail]
    outbox.queue_later(mails, purpose=KIND)
    return _outcome(due, len(letters), ended)


def send_mail(content: dict[str, str]) -> None:
    """Tell one owner, unless the new password is there meanwhile. The worker's part."""
    account = db.session.scalar(select(Account).where(Account.id == content["account_id"], HAS_MAIL))
    if account is not None and account.mail_address and account.new_password_due_at is not None:
        queue_mail(
            account.mail_address, KIND, language=account.language, account=account, at=account.new_password_due_at
        )


def keep(flow: Flow, account_id: str) -> None:
    """Somebody typed the old password of this account in this browser: a page may tell them what to do."""
    flows.write_state(flow, PART, {"account": account_id})


def account_of(flow: Flow) -> Account | None:
    """The account that this flow tells about, while its new password is due."""
    account_id = flow.state.get(PART, {}).get("account")
    account = db.session.get(Account, account_id) if account_id and flow.ended_at is None else None
    return account if account is not None and account.new_password_due_at is not None else None


def ways(account: Account) -> set[str]:
    """How a proof can reach the owner: mail, sms. An account that no mail or SMS may recover has none."""
    if account.state not in MAY_LOG_IN:
        return set()
    sms = account.mobile is not None and account.mobile_verified_at is not None
    return {way for way, open_ in (("mail", account.mail_address), ("sms", sms)) if open_}


def _due(ids: Sequence[str]) -> list[Due]:
    """Those of these accounts whose password is to end, with what their owners can be reached by."""
    linked = exists().where(LinkedIdentity.account_id == Account.id, LinkedIdentity.replaced_at.is_(None))
    query = select(Account.id, HAS_MAIL.label("has_mail"), or_(HAS_MAIL, HAS_MOBILE, linked).label("has_proof"))
    conditions = (Account.password_hash.is_not(None), Account.new_password_due_at.is_(None))
    rows = db.session.execute(query.where(Account.id.in_(ids), Account.state.not_in(NEVER), *conditions))
    return sorted(Due(row.id, bool(row.has_mail), bool(row.has_proof)) for row in rows)


def _living_letters(ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return (Letter.account_id.in_(ids), Letter.replaced_at.is_(None), Letter.ends_at > clock.now())


def _outcome(due: list[Due], letters: int, sessions: int) -> Outcome:
    return Outcome(
        accounts=len(due),
        letters=letters,
        sessions=sessions,
        mails=sum(row.has_mail for row in due),
        without_proof=sum(not row.has_proof for row in due),
    )
