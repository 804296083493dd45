"""What a client application holds ends with it: when it is disabled, removed, or ends its own registration.

The act is one row, however many parents use the client: within a second nothing of it is answered, and what it was
given until it is enabled again stays worth nothing (`RelyingParty.still_holds`). The worker then goes through the
grants, a batch in a transaction: it ends them, and tells the client of each live session (Back-Channel Logout §2.5).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select, update

from idp import audit, clock
from idp.accounts.models import Session
from idp.db import db
from idp.delivery import outbox
from idp.grants import sign_out
from idp.grants.models import Consent, DeviceRequest, Grant, PushedRequest
from idp.relying_parties import administration
from idp.relying_parties.models import Client

KIND = "client_ended"
BATCH = 500
FORGOTTEN = dt.timedelta(seconds=2)
"""By then no process gives the client anything by what it knew of it before (`cache.FRESH_SECONDS`)."""


def disable(client_id: str, *, by: str, reason: str = "") -> None:
    """Answer no request of the client any more and end all that it holds. Raises UnknownClient."""
    if administration.disable(client_id, by=by, reason=reason):
        end(client_id)


def enable(client_id: str, *, by: str) -> None:
    """Answer the client's requests again; it begins with nothing but consents. Raises UnknownClient."""
    if administration.enable(client_id, by=by):
        _forget_requests(client_id)


def remove(client_id: str, *, by: str) -> None:
    """Take a client away for good, with all that parents gave it. Raises UnknownClient."""
    administration.remove(client_id, by=by)
    end(client_id)


def end(client_id: str) -> None:
    """End what a client holds that was disabled or removed in this transaction."""
    _forget_requests(client_id)
    _go_on({"kind": KIND, "client_id": client_id, "after": "", "grants": 0, "sessions": 0})


def end_batch(content: dict[str, Any]) -> None:
    """The worker's part: one batch of grants, then the next; at last the consents of a client that is gone."""
    client = db.session.get_one(Client, content["client_id"])
    rows = _living(client, content["after"])
    if rows:
        _revoke([row.id for row in rows])
        told = {(row.account_id, row.live_session) for row in rows if row.live_session}
        for account_id, session_id in sorted(told):
            sign_out.tell(client, account_id, session_id)
        counted = {"grants": content["grants"] + len(rows), "sessions": content["sessions"] + len(told)}
        _go_on({**content, **counted, "after": rows[-1].id})
    elif not (client.deleted_at and _forget_consents(client)):
        counted = {name: content[name] for name in ("grants", "sessions")}
        audit.record("client.ended", client_id=client.client_id, **counted)
    else:
        _go_on(content)


def _go_on(content: dict[str, Any]) -> None:
    first = content["after"] == "" and not content["grants"]
    outbox.queue_later([(content, clock.now() + (FORGOTTEN if first else dt.timedelta()))], purpose=KIND)


def _living(client: Client, after: str) -> Sequence[Row[str, str | None, str]]:
    """The client's next grants to end, each with its session if that lives; none from since the client is back on."""
    live = (Session.public_id == Grant.session_id) & (Session.ends_at > clock.now())
    query = (
        select(Grant.id, Grant.account_id, Session.public_id.label("live_session"))
        .outerjoin(Session, live)
        .where(Grant.id > after, Grant.client_id == client.client_id, Grant.revoked_at.is_(None))
    )
    if client.disabled_at is None and client.holds_since is not None:
        query = query.where(Grant.created_at <= client.holds_since)
    return db.session.execute(query.order_by(Grant.id).limit(BATCH)).all()


def _revoke(grant_ids: Sequence[str]) -> None:
    ended = update(Grant).where(Grant.id.in_(grant_ids)).values(revoked_at=clock.now())
    db.session.execute(ended.execution_options(synchronize_session=False))


def _forget_consents(client: Client) -> int:
    """A batch of them; how many."""
    some = select(Consent.account_id).where(Consent.client_id == client.client_id).limit(BATCH)
    gone = delete(Consent).where(Consent.client_id == client.client_id, Consent.account_id.in_(some))
    return len(db.session.execute(gone.returning(Consent.account_id)).all())


def _forget_requests(client_id: str) -> None:
    """Requests of the client that somebody has still to decide about, or that were decided and not fetched."""
    for kept in (DeviceRequest, PushedRequest):
        db.session.execute(delete(kept).where(kept.client_id == client_id))
