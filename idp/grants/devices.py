"""A device that waits for its code to be typed elsewhere (RFC 8628): one person claims it and decides (attack 52)."""

from typing import Any

import msgspec
from sqlalchemy import delete, select, update

from idp import audit, clock
from idp.accounts.models import Session
from idp.db import db
from idp.grants.models import DeviceRequest


def claim(user_code: bytes, session: Session) -> DeviceRequest | None:
    """The waiting device of that code, from now on this session's alone; None when there is none.

    One statement decides, so that of two who type the code one has it.
    """
    now = clock.now()
    waits = (DeviceRequest.user_code == user_code, DeviceRequest.state == "pending", DeviceRequest.ends_at > now)
    claimed = (
        update(DeviceRequest)
        .where(*waits)
        .values(state="claimed", account_id=session.account_id, session_id=session.public_id)
        .returning(DeviceRequest.id)
    )
    device_id = db.session.scalar(claimed)
    return find(device_id, session) if device_id else None


def find(device_id: str, session: Session) -> DeviceRequest | None:
    """The device that this session claimed and has still to decide about."""
    return db.session.scalar(
        select(DeviceRequest).where(
            DeviceRequest.id == device_id[:32],
            DeviceRequest.account_id == session.account_id,
            DeviceRequest.session_id == session.public_id,
            DeviceRequest.state == "claimed",
            DeviceRequest.ends_at > clock.now(),
        )
    )


def decide(device: DeviceRequest, session: Session, *, approved: bool) -> bool:
    """Let the device in, or not; False when the decision was taken already."""
    login: dict[str, Any] = {
        "auth_time": clock.to_milliseconds(session.auth_time),
        "acr": session.acr,
        "amr": session.amr,
    }
    decided = (
        update(DeviceRequest)
        .where(DeviceRequest.id == device.id, DeviceRequest.state == "claimed")
        .values(state="approved" if approved else "denied", details=msgspec.json.encode(login).decode())
        .returning(DeviceRequest.id)
    )
    if db.session.scalar(decided) is None:
        return False
    event = "device.approved" if approved else "device.denied"
    audit.record(event, account_id=session.account_id, client_id=device.client_id, grant_id=device.id)
    return True


def refuse(account_id: str, client_id: str) -> None:
    """Take back the account's yes to devices of that client that did not get their tokens yet."""
    let_in = (DeviceRequest.account_id == account_id, DeviceRequest.client_id == client_id)
    refused = update(DeviceRequest).where(*let_in, DeviceRequest.state == "approved").values(state="denied")
    db.session.execute(refused.execution_options(synchronize_session=False))


def sweep(batch: int = 1000) -> int:
    """Delete requests that ended, at most `batch`; how many. The worker's housekeeping."""
    ended = select(DeviceRequest.id).where(DeviceRequest.ends_at <= clock.now()).limit(batch)
    gone = db.session.execute(delete(DeviceRequest).where(DeviceRequest.id.in_(ended)).returning(DeviceRequest.id))
    return len(gone.all())
