"""Signing out: browser sessions end at once, with what they gave to clients, and the clients are told.

Every password change, reset, remote sign-out, merge and suspension comes here (attacks 67, 71), and so does the
provider's own logout. The sessions go first: a code that is redeemed meanwhile holds its session (`statements.redeem`),
so its grant is either there to be revoked, or never made. Sources: OpenID Connect Back-Channel Logout §2.5 and §2.7.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, or_, select, update

from idp import audit, clock
from idp.accounts.models import Session
from idp.db import db
from idp.delivery import outbox
from idp.grants.models import Grant
from idp.relying_parties.models import Client

PURPOSE = "logout"


def end_session(session: Session, *, also: Sequence[str] = ()) -> None:
    """End one browser session; what was given for offline use lives on (Back-Channel Logout §2.7).

    `also` are clients that are known to have heard of the session without a grant (response_type `id_token`).
    """
    account_id, public_id = session.account_id, session.public_id
    db.session.execute(delete(Session).where(Session.public_id == public_id))
    _tell_clients(account_id, [public_id], also)
    _revoke(Grant.session_id == public_id, Grant.offline.is_(False))
    audit.record("session.ended", account_id=account_id, session_id=public_id)


def end_sessions(account_id: str, *, but: str | None = None) -> int:
    """End every session of an account and revoke all its grants, offline ones too; how many sessions ended.

    The session whose `public_id` is `but` is kept with its own grants.
    """
    others = [Session.account_id == account_id]
    grants: list[ColumnElement[bool]] = [Grant.account_id == account_id]
    if but is not None:
        others.append(Session.public_id != but)
        grants.append(or_(Grant.session_id.is_(None), Grant.session_id != but))
    ended = db.session.scalars(delete(Session).where(*others).returning(Session.public_id)).all()
    _tell_clients(account_id, ended)
    _revoke(*grants)
    audit.record("sessions.ended", account_id=account_id, count=len(ended), kept=but)
    return len(ended)


def end_all(account_ids: Sequence[str]) -> int:
    """End every session and revoke every grant of many accounts at once; how many sessions ended."""
    gone = delete(Session).where(Session.account_id.in_(account_ids))
    ended = db.session.execute(gone.returning(Session.account_id, Session.public_id)).all()
    for account_id, public_id in ended:
        _tell_clients(account_id, [public_id])
    _revoke(Grant.account_id.in_(account_ids))
    return len(ended)


def clients_of(session_ids: Sequence[str]) -> list[tuple[Client, str]]:
    """Enabled clients that were told of these sessions, each with the session (`Session.public_id`)."""
    query = (
        select(Client, Grant.session_id)
        .join(Grant, Grant.client_id == Client.client_id)
        .where(Grant.session_id.in_(session_ids), Client.disabled_at.is_(None))
        .order_by(Client.client_id)
    )
    seen: dict[tuple[str, str], tuple[Client, str]] = {}
    for client, session_id in db.session.execute(query):
        seen[client.client_id, session_id or ""] = (client, session_id or "")
    return list(seen.values())


def _tell_clients(account_id: str, session_ids: Sequence[str], also: Sequence[str] = ()) -> None:
    """Queue a logout token for each client that asked for one; the worker signs it when it sends it."""
    told = clients_of(session_ids)
    known = {client.client_id for client, _ in told}
    named = [db.session.get(Client, client_id) for client_id in also if client_id not in known]
    for client, session_id in told + [(client, session_ids[0]) for client in named if client is not None]:
        tell(client, account_id, session_id)


def tell(client: Client, account_id: str, session_id: str) -> None:
    """Queue a logout token for one client, if it asked for them."""
    if client.metadata_.get("backchannel_logout_uri"):
        content = {"account_id": account_id, "session_id": session_id}
        outbox.queue("backchannel", client.client_id, content, purpose=PURPOSE)


def _revoke(*conditions: ColumnElement[bool]) -> None:
    statement = update(Grant).where(*conditions, Grant.revoked_at.is_(None)).values(revoked_at=clock.now())
    db.session.execute(statement.execution_options(synchronize_session=False))
