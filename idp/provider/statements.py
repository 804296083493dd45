"""Statements of the hot path, written once in Core and compiled at start (PERFORMANCE rules 7 and 8)."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from idp import audit
from idp.accounts.models import LIVE, Account, Session
from idp.db import Base
from idp.db.hot import Compile, places, value
from idp.grants.models import Consent, DeviceRequest, Grant, PushedRequest
from idp.limits import Counter
from idp.provider.children import addresses_of_account, children_of_account


def _typed(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return cast(value(name), kind)


ACCOUNT_COLUMNS = (
    Account.state,
    Account.identifiant,
    Account.family_name,
    Account.usage_name,
    Account.first_name,
    Account.email,
    Account.email_verified_at,
    Account.mobile,
    Account.mobile_verified_at,
    Account.updated_at,
    Account.civility,
    Account.previous_login_at,
    Account.former_ids,
)
GRANT_VALUES: dict[str, TypeEngine[Any]] = {
    "id": String(),
    "client_id": String(),
    "account_id": String(),
    "session_id": String(),
    "scope": String(),
    "generation": Integer(),
    "details": String(),
    "offline": Boolean(),
    "created_at": BigInteger(),
    "ends_at": BigInteger(),
}


class Statements:
    """SQL text for this database."""

    def __init__(self, compile: Compile) -> None:
        self.session = compile(_session())
        self.touch_session = compile(update(Session).where(Session.id == value("id")).values(last_seen_at=value("now")))
        self.redeem = compile(_redeem())
        self.redeem_consented = compile(_redeem(consented=True))
        self.kill = compile(_kill())
        self.revoke = compile(
            update(Grant)
            .where(Grant.id == value("id"), Grant.revoked_at.is_(None))
            .values(revoked_at=value("now"))
            .returning(Grant.account_id)
        )
        self.standing = compile(_standing())
        self.rotate = compile(_rotate())
        self.live_grant = compile(_live_grant())
        self.grant_exists = compile(select(Grant.id).where(Grant.id == value("id")))
        self.account_of_grant = compile(_live(select(*ACCOUNT_COLUMNS).select_from(Grant)))
        self.former_ids = compile(select(Account.former_ids).where(Account.id == value("account_id")))
        self.keep_pushed_request = compile(insert(PushedRequest).values(places(PushedRequest.__table__.columns.keys())))
        self.pushed_request = compile(_pushed_request())
        self.spend_pushed_request = compile(
            delete(PushedRequest).where(PushedRequest.id == value("id")).returning(PushedRequest.id)
        )
        self.account = compile(select(*ACCOUNT_COLUMNS).where(Account.id == value("id"), LIVE))
        self.addresses = compile(addresses_of_account(value("account_id")))
        self.children = compile(children_of_account(value("account_id")))
        self.begin_device = compile(_begin_device())
        self.poll_device = compile(_poll_device())
        self.count = compile(_count())
        self.record = compile(audit.LINE)
        self.remember = compile(
            insert(Counter).values(key=value("key"), used=literal_column("1"), ends_at=value("ends_at"))
        )


compiled = cache(Statements)
"""The statements of a database's kind; all applications of a process share them."""


def _begin_device() -> Any:
    """A device request that nobody has claimed yet."""
    given = ("id", "client_id", "device_code", "user_code", "scope", "resource", "interval_seconds", "ends_at")
    fixed = {"state": literal_column("'pending'"), "details": literal_column("'{}'"), "too_fast": _false()}
    return insert(DeviceRequest).values(places(given) | fixed)


def _poll_device() -> Any:
    """Note that the device asked, and whether too soon: it must then wait five seconds longer (RFC 8628 §3.5)."""
    soon = DeviceRequest.polled_at > value("now") - DeviceRequest.interval_seconds * literal_column(
        "1000", BigInteger()
    )
    longer = DeviceRequest.interval_seconds + literal_column("5")
    known = ("id", "state", "too_fast", "ends_at", "account_id", "session_id", "scope", "resource", "details")
    return (
        update(DeviceRequest)
        .where(DeviceRequest.device_code == value("device_code"), DeviceRequest.client_id == value("client_id"))
        .values(
            polled_at=value("now"),
            too_fast=case((soon, literal_column("TRUE", Boolean())), else_=_false()),
            interval_seconds=case((soon, longer), else_=DeviceRequest.interval_seconds),
        )
        .returning(*(getattr(DeviceRequest, name) for name in known))
    )


def _false() -> ColumnElement[bool]:
    return literal_column("FALSE", Boolean())


def _count() -> Any:
    """Count one in a window that opens with the first and ends at its instant; gives the count and the end.

    Both compilers write the conflict clause alike.
    """
    new = postgresql.insert(Counter).values(key=value("key"), used=literal_column("1"), ends_at=value("ends_at"))
    over = Counter.ends_at <= value("now")
    return new.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={
            "used": case((over, literal_column("1")), else_=Counter.used + literal_column("1")),
            "ends_at": case((over, new.excluded.ends_at), else_=Counter.ends_at),
        },
    ).returning(Counter.used, Counter.ends_at)


def _pushed_request() -> Any:
    """A pushed request of that client that the browser brings in time."""
    mine = and_(PushedRequest.id == value("id"), PushedRequest.client_id == value("client_id"))
    return select(PushedRequest.parameters).where(mine, PushedRequest.expires_at > value("now"))


def _session() -> Any:
    """Session, account and consent of a browser at a client, in one read."""
    consent = and_(Consent.account_id == Session.account_id, Consent.client_id == value("client_id"))
    return (
        select(
            Session.public_id,
            Session.account_id,
            Session.auth_time,
            Session.amr,
            Session.acr,
            Session.last_seen_at,
            Consent.scope,
        )
        .join(Account, Account.id == Session.account_id)
        .outerjoin(Consent, consent)
        .where(Session.id == value("id"), Session.ends_at > value("now"), Session.last_seen_at > value("idle"), LIVE)
    )


def _redeem(*, consented: bool = False) -> Any:
    """Insert the grant that a code names, if account and session still live: a second time meets the primary key.

    With `consented`, only while the account's consent to the client stands. Session and consent are held meanwhile,
    so that who ends one of them sees the grant, or the grant sees its end (attack 71).
    """
    columns = [_typed(name, kind) for name, kind in GRANT_VALUES.items()]
    source = (
        select(*columns)
        .join_from(Account, Session, Session.account_id == Account.id)
        .where(Account.id == value("account_id"), Session.public_id == value("session_id"), LIVE)
    )
    held: list[type[Base]] = [Session]
    if consented:
        given = and_(Consent.account_id == Account.id, Consent.client_id == value("client_id"))
        source, held = source.join(Consent, given), [Session, Consent]
    source = source.with_for_update(read=True, key_share=True, of=held)
    return insert(Grant).from_select(list(GRANT_VALUES), source).returning(Grant.id)


def _kill() -> Any:
    """Insert a grant that is dead already, so that its code or token is worth nothing to anybody."""
    values = places(GRANT_VALUES)
    return insert(Grant).values(**values, revoked_at=value("created_at"))


def _is_current() -> ColumnElement[bool]:
    """A live grant of this client at this generation, with a live account, and a live session unless it is offline.

    None from before the client was last enabled (`RelyingParty.still_holds`).
    """
    account_lives = exists(select(literal_column("1")).where(Account.id == Grant.account_id, LIVE))
    session_lives = exists(
        select(literal_column("1")).where(
            Session.public_id == Grant.session_id,
            Session.ends_at > value("now"),
            Session.last_seen_at > value("idle"),
        )
    )
    return and_(
        Grant.id == value("id"),
        Grant.generation == value("old_generation"),
        Grant.client_id == value("owner"),
        Grant.created_at > value("holds_since"),
        Grant.revoked_at.is_(None),
        Grant.ends_at > value("now"),
        account_lives,
        or_(Grant.offline.is_(literal_column("TRUE", Boolean())), session_lives),
    )


def _rotate() -> Any:
    """Next generation, if this one is the current one (ARCHITECTURE, decision 3)."""
    return (
        update(Grant)
        .where(_is_current())
        .values(generation=Grant.generation + literal_column("1"), rotated_at=value("now"))
        .returning(Grant.account_id, Grant.session_id, Grant.details, Grant.ends_at)
    )


def _standing() -> Any:
    """The same grant as it stands, if it never rotated or did so since an instant."""
    lately = or_(Grant.rotated_at.is_(None), Grant.rotated_at > value("since"))
    columns = (Grant.account_id, Grant.session_id, Grant.details, Grant.ends_at)
    return select(*columns).where(_is_current(), lately)


def _live_grant() -> Any:
    """Account, client, generation and beginning of a grant that lives."""
    return _live(select(Grant.account_id, Grant.client_id, Grant.generation, Grant.created_at))


def _live(what: Any) -> Any:
    """Of a grant that lives, with its account, and its session unless it is offline. What is dead is not even read."""
    session_lives = exists(
        select(literal_column("1")).where(Session.public_id == Grant.session_id, Session.ends_at > value("now"))
    )
    return what.join(Account, Account.id == Grant.account_id).where(
        Grant.id == value("id"),
        Grant.revoked_at.is_(None),
        Grant.ends_at > value("now"),
        LIVE,
        or_(Grant.offline.is_(literal_column("TRUE", Boolean())), session_lives),
    )
