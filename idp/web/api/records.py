"""What administrators' programs may read: keys' states, the audit log, the outbox, staff accounts."""

import datetime as dt
from pathlib import Path
from typing import Any

from flask import Response, request
from sqlalchemy import select

from idp import audit
from idp.audit import Filter, exporting
from idp.db import db
from idp.delivery.models import Message
from idp.provider import keys
from idp.staff import service as staff_service
from idp.web.api.problem import refuse
from idp.web.api.route import Call, Route, json
from idp.web.api.schemas import TYPES, list_of

PAGE, MOST = 100, 1000
MOMENT = {"type": "string", "format": "date-time"}
FILTERS = {"by": "by", "act": "act", "account_id": "account_id", "client_id": "client_id", "school": "uai"}
STATES = ("waiting", "sent", "expired", "dead")


def list_keys(call: Call) -> Response:
    files = keys.list_files(Path(call.provider.settings.keys.directory))
    return json({"items": [_key(file) for file in files]})


def _key(file: keys.KeyFile) -> dict[str, Any]:
    until = dt.datetime.fromtimestamp(file.until, dt.UTC).isoformat() if file.until else None
    return {"alg": file.alg, "kid": file.kid, "state": file.state, "published_until": until}


def list_audit(call: Call) -> Response:
    limit = call.number("limit", PAGE, MOST)
    told = {field: request.args[name] for name, field in FILTERS.items() if name in request.args}
    wanted = Filter(**told, since=_instant("since"), until=_instant("until"))
    entries = audit.find(wanted, limit=limit, before=request.args.get("before", ""))
    audit.record("audit.read", by=call.by, lines=len(entries), **{f"filter_{name}": told[name] for name in told})
    return _page([exporting.as_json(entry) for entry in entries], limit)


def _instant(name: str) -> dt.datetime | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise refuse(400, "malformed", f"{name}: an instant needs its offset from UTC")
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise refuse(400, "malformed", f"{name}: an ISO 8601 instant") from None


def list_outbox(call: Call) -> Response:
    limit, state = call.number("limit", PAGE, MOST), request.args.get("state", "waiting")
    if state not in STATES:
        raise refuse(400, "malformed", f"state: one of {', '.join(STATES)}")
    query = select(Message).where(Message.state == state, Message.id > request.args.get("after", ""))
    messages = db.session.scalars(query.order_by(Message.id).limit(limit))
    return _page([_message(message) for message in messages], limit)


def _message(message: Message) -> dict[str, Any]:
    told = {name: getattr(message, name) for name in ("id", "channel", "purpose", "state", "attempts", "last_error")}
    return {**told, "created_at": message.created_at.isoformat(), "due_at": message.due_at.isoformat()}


def list_staff(call: Call) -> Response:
    audit.record("staff.listed", by=call.by)
    return json({"items": [_staff(account) for account in staff_service.everybody()]})


def _staff(account: Any) -> dict[str, Any]:
    return {
        **{name: getattr(account, name) for name in ("login", "name", "role", "academie")},
        "schools": list(account.uais),
        "disabled": account.disabled_at is not None,
        "has_second_factor": staff_service.has_factor(account),
    }


def _page(items: list[dict[str, Any]], limit: int) -> Response:
    """The last one's id leads to the next page."""
    return json({"items": items, **({"next": items[-1]["id"]} if len(items) == limit else {})})


LIMIT = {"limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}}
ROUTES = (
    Route("GET", "/keys", "admin.keys.read", list_keys, "Every key and its state, never a private part",
          {200: list_of("Key")}),
    Route("GET", "/audit", "admin.audit.read", list_audit, "Lines of the audit log, the newest first",
          {200: list_of("AuditEntry")},
          {**dict.fromkeys((*FILTERS, "before"), TYPES[str]), "since": MOMENT, "until": MOMENT, **LIMIT}),
    Route("GET", "/outbox", "admin.outbox.read", list_outbox, "Messages of a state, the oldest first",
          {200: list_of("Message")}, {"state": {"enum": list(STATES)}, "after": TYPES[str], **LIMIT}),
    Route("GET", "/staff", "admin.staff.read", list_staff, "Everybody who works here", {200: list_of("StaffAccount")}),
)  # fmt: skip
