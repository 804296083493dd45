"""What an administrator does to services: each act is audited with who did it (`by`).

A service is told as one document; putting the same document twice changes nothing, so documents can be kept in code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from idp import audit, clock
from idp.db import db
from idp.services.errors import InvalidService, UnknownService
from idp.services.members import LAST_POSITION, MEMBERS, find_problems
from idp.services.models import Service

TOLD = ("service_id", "state", "opens", "created_at", "updated_at")
"""Members that the document shows and nobody sets: what says them again, changes nothing."""
COLUMNS = {"title#en": "title_en", "description#en": "description_en", "on": "is_on"}
"""Members that have another name in the table."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What came of a document."""

    service: Service
    created: bool = False
    members: list[str] = field(default_factory=list)
    """The members that changed; empty when nothing did."""


def list_services() -> list[Service]:
    """All services, in the order of their tiles."""
    query = select(Service).options(joinedload(Service.client)).order_by(Service.position, Service.service_id)
    return list(db.session.scalars(query))


def get_service(service_id: str, *, for_update: bool = False) -> Service:
    """The service; `for_update`, as it is now, and nobody else changes it before this transaction ends.

    Raises UnknownService.
    """
    service = db.session.get(Service, service_id, with_for_update=for_update or None, populate_existing=for_update)
    if service is None:
        raise UnknownService(service_id=service_id)
    return service


def describe(service: Service) -> Document:
    """The whole service."""
    return {
        "service_id": service.service_id,
        **_settable(service),
        "state": service.state,
        "opens": service.opens,
        "created_at": service.created_at.isoformat(),
        "updated_at": service.updated_at.isoformat(),
    }


def _settable(service: Service) -> Document:
    told = {member: getattr(service, COLUMNS.get(member, member)) for member in MEMBERS}
    return {**told, "client_id": told["client_id"] or ""}


def check(service_id: str, document: Mapping[str, Any], *, demo: bool) -> Document:
    """The document with what is implied. Raises InvalidService with every problem, each with its member."""
    said = {name: value for name, value in document.items() if value is not None and name not in TOLD}
    if unknown := sorted(said.keys() - MEMBERS.keys()):
        raise InvalidService(problems=[f"{name}: unknown" for name in unknown])
    whole = {name: said.get(name, usual) for name, (_kind, usual) in MEMBERS.items()}
    if whole["position"] is None:
        whole["position"] = _usual_position(service_id)
    if problems := find_problems(service_id, whole, demo=demo):
        raise InvalidService(problems=problems)
    return {name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in whole.items()}


def _usual_position(service_id: str) -> int:
    known = db.session.get(Service, service_id)
    last = db.session.scalar(select(func.max(Service.position))) or 0
    return known.position if known else min(last + 1, LAST_POSITION)


def put(service_id: str, document: Mapping[str, Any], *, by: str, demo: bool) -> Change:
    """Make the service what the document says, whether it was there or not. What it leaves out is implied.

    Raises InvalidService with every problem.
    """
    whole = check(service_id, document, demo=demo)
    service = db.session.get(Service, service_id, with_for_update=True, populate_existing=True)
    before = _settable(service) if service else {}
    members = [name for name, value in whole.items() if before.get(name) != value]
    if service is not None and not members:
        return Change(service)
    created = service is None
    now = clock.now()
    if service is None:
        service = Service(service_id=service_id, created_at=now)
        db.session.add(service)
    for member in members:
        setattr(service, COLUMNS.get(member, member), whole[member])
    service.client_id = whole["client_id"] or None
    service.updated_at = now
    act = "service.added" if created else "service.changed"
    audit.record(act, by=by, client_id=service.client_id, service_id=service_id, members=" ".join(members))
    db.session.refresh(service)
    return Change(service, created, members)


def update(service_id: str, changes: Mapping[str, Any], *, by: str, demo: bool) -> Change:
    """Change some members; None gives one its usual value (JSON merge patch, RFC 7396).

    Raises UnknownService, InvalidService.
    """
    return put(service_id, {**_settable(get_service(service_id, for_update=True)), **changes}, by=by, demo=demo)


def move(service_id: str, places: int, *, by: str) -> None:
    """Put a service that many places further down the tiles (up, when negative). Raises UnknownService."""
    moved, others = get_service(service_id), list_services()
    place = others.index(moved)
    others.remove(moved)
    others.insert(max(0, place + places), moved)
    for position, service in enumerate(others, start=1):
        service.position = position
    audit.record("service.moved", by=by, service_id=service_id, position=moved.position)
    db.session.flush()


def remove(service_id: str, *, by: str) -> None:
    """No portal shows the service any more. Raises UnknownService."""
    db.session.delete(get_service(service_id))
    audit.record("service.removed", by=by, service_id=service_id)
    db.session.flush()
