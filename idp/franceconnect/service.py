"""Links between accounts and identities of an upstream. The key is (`iss`, `sub`) and nothing else (attack 115)."""

import datetime as dt

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from idp import audit, clock
from idp.db import db
from idp.franceconnect.callback import Login
from idp.franceconnect.errors import AlreadyLinked
from idp.franceconnect.identity import Identity, is_same_person
from idp.franceconnect.models import LinkedIdentity, UpstreamLogin

REPLACED_KEPT = dt.timedelta(days=30)
LOGIN_KEPT = dt.timedelta(hours=24)


def find(issuer: str, sub: str) -> LinkedIdentity | None:
    """The live link of that identity."""
    statement = select(LinkedIdentity).where(LinkedIdentity.issuer == issuer, LinkedIdentity.sub == sub)
    return db.session.scalar(statement.where(LinkedIdentity.replaced_at.is_(None)))


def links_of(account_id: str) -> list[LinkedIdentity]:
    """The live links of an account, the oldest first."""
    statement = select(LinkedIdentity).where(LinkedIdentity.account_id == account_id)
    live = statement.where(LinkedIdentity.replaced_at.is_(None)).order_by(LinkedIdentity.linked_at)
    return list(db.session.scalars(live))


def contradicts(link: LinkedIdentity, identity: Identity) -> bool:
    """Whether a login under a known `sub` is of somebody else than the link was made for (attack 116).

    A login that asked for `openid` alone tells nothing to compare.
    """
    if not identity.family_name or not link.pivot:
        return False
    return not is_same_person(identity, link.pivot)


def is_somebody_elses(account_id: str, identity: Identity) -> bool:
    """Whether the account is linked, at the same upstream, to another person of whatever name: two homonyms."""
    return any(
        link.issuer == identity.issuer and link.sub != identity.sub and not is_same_person(identity, link.pivot)
        for link in links_of(account_id)
    )


def former_links(account_id: str, identity: Identity) -> list[LinkedIdentity]:
    """Live links of the account, of the same upstream, that another `sub` of the same person would replace."""
    return [
        link
        for link in links_of(account_id)
        if link.issuer == identity.issuer and link.sub != identity.sub and is_same_person(identity, link.pivot)
    ]


def link(account_id: str, identity: Identity) -> LinkedIdentity:
    """Tie the identity to the account; a former `sub` of the same person is replaced and kept for 30 days.

    Raises AlreadyLinked when another account has it: the unique constraint decides, also between two tabs.
    """
    now = clock.now()
    known = db.session.scalar(
        select(LinkedIdentity).where(LinkedIdentity.issuer == identity.issuer, LinkedIdentity.sub == identity.sub)
    )
    if known is not None and known.replaced_at is None:
        if known.account_id != account_id:
            raise AlreadyLinked
        return known
    former = former_links(account_id, identity)
    made = known or LinkedIdentity(issuer=identity.issuer, sub=identity.sub)
    made.account_id, made.pivot, made.acr = account_id, identity.pivot(), identity.acr
    made.linked_at, made.last_used_at, made.replaced_at = now, now, None
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
    except IntegrityError:
        raise AlreadyLinked from None
    for old in former:
        old.replaced_at = now
    audit.record("upstream.linked", account_id=account_id, link_id=made.id, replaced=len(former))
    db.session.flush()
    return made


def note_use(link_: LinkedIdentity, acr: str) -> None:
    """A login by this link succeeded."""
    link_.last_used_at, link_.acr = clock.now(), acr
    db.session.flush()


def unlink(account_id: str, link_id: str) -> bool:
    """Cut a link of this account, if there is one: the freed identity may be linked again, after the same proofs."""
    statement = delete(LinkedIdentity).where(LinkedIdentity.id == link_id, LinkedIdentity.account_id == account_id)
    cut = db.session.execute(statement.returning(LinkedIdentity.id)).first() is not None
    if cut:
        audit.record("upstream.unlinked", account_id=account_id, link_id=link_id)
    return cut


def keep_login(flow_id: str, upstream: str, login: Login) -> None:
    """Remember a proven login for the steps of its flow."""
    row = db.session.get(UpstreamLogin, flow_id) or UpstreamLogin(id=flow_id)
    content = {"identity": msgspec.to_builtins(login.identity), "id_token": login.id_token}
    row.upstream, row.content, row.at = upstream, content, clock.now()
    db.session.add(row)
    db.session.flush()


def kept_login(id: str) -> tuple[UpstreamLogin, Identity] | None:
    """The login of a flow or a session, with its identity."""
    row = db.session.get(UpstreamLogin, id)
    if row is None or not row.content:
        return None
    return row, msgspec.convert(row.content["identity"], Identity)


def hand_over(flow_id: str, session_id: str) -> None:
    """The flow opened a session, which the logout upstream will need; who it was is not kept any longer."""
    row = db.session.get(UpstreamLogin, flow_id)
    if row is None:
        return
    kept = {"issuer": row.content["identity"]["issuer"], "sub": ""}
    content = {"identity": kept, "id_token": row.content["id_token"]}
    db.session.add(UpstreamLogin(id=session_id, upstream=row.upstream, content=content, at=row.at))
    db.session.delete(row)
    db.session.flush()


def forget_login(id: str) -> None:
    """Drop the login of a flow («Ce n'est pas moi») or of a session that ended."""
    db.session.execute(delete(UpstreamLogin).where(UpstreamLogin.id == id))


def sweep(batch: int = 1000) -> int:
    """Delete logins of a day ago and links replaced 30 days ago, at most `batch` of each; how many."""
    now = clock.now()
    old = select(UpstreamLogin.id).where(UpstreamLogin.at < now - LOGIN_KEPT).limit(batch)
    gone = db.session.execute(delete(UpstreamLogin).where(UpstreamLogin.id.in_(old)).returning(UpstreamLogin.id)).all()
    replaced = select(LinkedIdentity.id).where(LinkedIdentity.replaced_at < now - REPLACED_KEPT).limit(batch)
    statement = delete(LinkedIdentity).where(LinkedIdentity.id.in_(replaced)).returning(LinkedIdentity.id)
    return len(gone) + len(db.session.execute(statement).all())
