"""Services, the tiles of portals: documents that are put again and again (docs/services.md)."""

from flask import Response

from idp.services import service
from idp.services.service import Change
from idp.web.api.route import Call, Route, check_match, json, tagged
from idp.web.api.schemas import list_of, ref

READ, WRITE = "admin.services.read", "admin.services.write"


def list_services(call: Call) -> Response:
    return json({"items": [service.describe(one) for one in service.list_services()]})


def read_service(call: Call, service_id: str) -> Response:
    return tagged(service.describe(service.get_service(service_id)))


def put_service(call: Call, service_id: str) -> Response:
    _check_match(service_id)
    demo = call.provider.settings.server.demo
    return _changed(service.put(service_id, call.document(), by=call.by, demo=demo))


def patch_service(call: Call, service_id: str) -> Response:
    _check_match(service_id)
    demo = call.provider.settings.server.demo
    return _changed(service.update(service_id, call.document(), by=call.by, demo=demo))


def delete_service(call: Call, service_id: str) -> Response:
    _check_match(service_id)
    service.remove(service_id, by=call.by)
    return Response(status=204)


def _check_match(service_id: str) -> None:
    check_match(lambda: service.describe(service.get_service(service_id, for_update=True)))


def _changed(change: Change) -> Response:
    return tagged(service.describe(change.service), 201 if change.created else 200)


SERVICE, BODY = ref("Service"), ref("ServiceMembers")
ONE = "/services/{service_id}"
ROUTES = (
    Route("GET", "/services", READ, list_services, "Every service, in the order of the tiles",
          {200: list_of("Service")}),
    Route("GET", ONE, READ, read_service, "One service; its ETag is for If-Match", {200: SERVICE}),
    Route("PUT", ONE, WRITE, put_service, "Make the service what the document says; again, nothing changes",
          {200: SERVICE, 201: SERVICE}, body=BODY),
    Route("PATCH", ONE, WRITE, patch_service, "Change some members; null gives one its usual value (RFC 7396)",
          {200: SERVICE}, body=BODY),
    Route("DELETE", ONE, WRITE, delete_service, "No portal shows it any more", {204: None}),
)  # fmt: skip
