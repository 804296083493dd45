"""Client applications: documents that are put again and again, and change something only when they differ."""

import datetime as dt

from flask import Response

from idp.grants import ended_clients
from idp.relying_parties import administration, service
from idp.relying_parties.administration import Change
from idp.relying_parties.models import Client
from idp.web.api.problem import refuse
from idp.web.api.route import Call, Route, check_match, json, tagged
from idp.web.api.schemas import TYPES, list_of, ref

READ, WRITE = "admin.clients.read", "admin.clients.write"


def list_clients(call: Call) -> Response:
    return json({"items": [administration.describe(client) for client in service.list_clients()]})


def read_client(call: Call, client_id: str) -> Response:
    client = administration.living(client_id)
    return _whole(client)


def put_client(call: Call, client_id: str) -> Response:
    _check_match(client_id)
    demo = call.provider.settings.server.demo
    return _changed(administration.put(client_id, call.document(), by=call.by, demo=demo))


def patch_client(call: Call, client_id: str) -> Response:
    _check_match(client_id)
    demo = call.provider.settings.server.demo
    return _changed(administration.update(client_id, call.document(), by=call.by, demo=demo))


def delete_client(call: Call, client_id: str) -> Response:
    _check_match(client_id)
    if client_id == call.client.client_id:
        raise refuse(409, "own_client", "a program does not remove itself")
    ended_clients.remove(client_id, by=call.by)
    return Response(status=204)


def rotate_secret(call: Call, client_id: str) -> Response:
    hours = call.document().get("overlap_hours", call.provider.settings.clients.secret_overlap_hours)
    if not isinstance(hours, int) or isinstance(hours, bool) or not 0 <= hours <= 24 * 90:
        raise refuse(400, "malformed", "overlap_hours: 0 to 2160")
    return json({"client_secret": administration.rotate_secret(client_id, dt.timedelta(hours=hours), by=call.by)})


def disable_client(call: Call, client_id: str) -> Response:
    ended_clients.disable(client_id, by=call.by, reason=str(call.document().get("reason", "")))
    return _whole(service.get_client(client_id))


def enable_client(call: Call, client_id: str) -> Response:
    ended_clients.enable(client_id, by=call.by)
    return _whole(service.get_client(client_id))


def review_client(call: Call, client_id: str) -> Response:
    administration.review(client_id, by=call.by)
    return _whole(service.get_client(client_id))


def _check_match(client_id: str) -> None:
    check_match(lambda: administration.describe(administration.living(client_id, for_update=True)))


def _whole(client: Client) -> Response:
    return tagged(administration.describe(client))


def _changed(change: Change) -> Response:
    shown = {"client_secret": change.secret} if change.secret is not None else {}
    return tagged(administration.describe(change.client), 201 if change.created else 200, **shown)


CLIENT = ref("Client")
ONE = "/clients/{client_id}"
ROUTES = (
    Route("GET", "/clients", READ, list_clients, "Every client that was not removed", {200: list_of("Client")}),
    Route("GET", ONE, READ, read_client, "One client; its ETag is for If-Match", {200: CLIENT}),
    Route(
        "PUT",
        ONE,
        WRITE,
        put_client,
        "Make the client what the document says; again, nothing changes",
        {200: CLIENT, 201: CLIENT},
        body=ref("ClientMetadata"),
    ),
    Route(
        "PATCH",
        ONE,
        WRITE,
        patch_client,
        "Change some members; null takes one away (RFC 7396)",
        {200: CLIENT},
        body=ref("ClientMetadata"),
    ),
    Route("DELETE", ONE, WRITE, delete_client, "Take the client away for good", {204: None}),
    Route(
        "POST",
        ONE + "/secret",
        WRITE,
        rotate_secret,
        "A new secret; the old one is good for the overlap",
        {200: ref("Secret")},
        body={"type": "object", "properties": {"overlap_hours": TYPES[int]}},
    ),
    Route(
        "POST",
        ONE + "/disable",
        WRITE,
        disable_client,
        "Answer no request of the client any more, and end all that it holds",
        {200: CLIENT},
        body={"type": "object", "properties": {"reason": TYPES[str]}},
    ),
    Route(
        "POST",
        ONE + "/enable",
        WRITE,
        enable_client,
        "Answer its requests again; what it had before stays worth nothing",
        {200: CLIENT},
    ),
    Route("POST", ONE + "/review", WRITE, review_client, "An administrator has looked at it", {200: CLIENT}),
)
