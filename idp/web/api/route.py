"""A route of the API: its scope, what it takes and gives. The table mounts it, guards it and describes it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
import structlog
from flask import Blueprint, Response, current_app, request

from idp import clock, limits
from idp.db import db
from idp.oidc.errors import ProtocolError, invalid_token
from idp.oidc.request import Parameters
from idp.provider.administration import admit
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.registry.errors import UaiInvalid
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.errors import ClientExists, InvalidMetadata, UnknownClient
from idp.services.errors import InvalidService, UnknownService
from idp.web.api import problem
from idp.web.api.problem import ApiRefusal, refuse
from idp.web.client_request import client_request
from idp.web.http import HttpRequest

log = structlog.get_logger(__name__)

PREFIX = "/api/admin/v1"
LARGEST = 64 * 1024
REFUSALS = (
    ApiRefusal,
    ProtocolError,
    InvalidMetadata,
    ClientExists,
    UnknownClient,
    InvalidService,
    UnknownService,
    UaiInvalid,
)
EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]

blueprint = Blueprint("admin_api", __name__, url_prefix=PREFIX)

Schema = dict[str, Any]


@dataclass(slots=True)
class Call:
    """A request that was admitted."""

    provider: Provider
    client: RelyingParty

    @property
    def by(self) -> str:
        """How the audit log names who called."""
        return f"client:{self.client.client_id}"

    def document(self) -> dict[str, Any]:
        """The body, a JSON object; an empty body is an empty one. Raises ApiRefusal."""
        body = request.get_data(cache=False)
        if len(body) > LARGEST:
            raise refuse(413, "too_large")
        if not body:
            return {}
        if request.mimetype not in ("application/json", "application/merge-patch+json"):
            raise refuse(415, "unsupported_media_type", "the body must be application/json")
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise refuse(400, "malformed", "the body is not JSON") from None
        if not isinstance(found, dict):
            raise refuse(400, "malformed", "the body must be a JSON object")
        return found

    def number(self, name: str, usual: int, most: int) -> int:
        """A parameter of the query, 1 to `most`. Raises ApiRefusal."""
        text = request.args.get(name, str(usual))
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) <= most:
            raise refuse(400, "malformed", f"{name}: 1 to {most}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table."""

    method: str
    path: str
    """Below the prefix; `{client_id}` is an argument."""
    scope: str
    view: Callable[..., Response]
    summary: str
    answers: Mapping[int, Schema | None]
    """What each status that is no problem gives."""
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None


def mount(routes: Sequence[Route]) -> None:
    """Give the blueprint its routes. Everything else below the prefix is refused as the API refuses."""
    for route in routes:
        rule = route.path.replace("{", "<").replace("}", ">")
        name = f"{route.method} {route.path}".replace(".", "_")
        blueprint.add_url_rule(rule, name, _guarded(route), methods=[route.method], provide_automatic_options=False)
    blueprint.add_url_rule("/<path:rest>", "unknown", _unknown, methods=EVERY_METHOD)


def json(value: Any, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """An answer."""
    return Response(orjson.dumps(value), status, [*headers, ("Cache-Control", "no-store")], mimetype="application/json")


def tagged(document: Mapping[str, Any], status: int = 200, **beside: Any) -> Response:
    """A whole document with its ETag (RFC 9110 §8.8.3), and what is shown beside it this once."""
    return json({**document, **beside}, status, [("ETag", _tag(document))])


def check_match(found: Callable[[], Mapping[str, Any]]) -> None:
    """`If-Match`: nobody overwrites what they have not seen. Raises ApiRefusal, and what `found` raises."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and wanted != _tag(found()):
        raise refuse(412, "changed_meanwhile", "it is not what was read any more")


def _tag(document: Mapping[str, Any]) -> str:
    told = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(told).hexdigest()[:32]}"'


def _unknown(rest: str) -> Response:
    return problem.answer(404, "unknown_route")


def _guarded(route: Route) -> Callable[..., Response]:
    def view(**arguments: str) -> Response:
        try:
            call = _admitted(route.scope)
            answer = route.view(call, **arguments)
            db.session.commit()
        except REFUSALS as refusal:
            db.session.rollback()
            log.info("admin_api_refused", route=f"{route.method} {route.path}", kind=type(refusal).__name__)
            return problem.explain(refusal)
        if route.method != "GET":
            call.provider.clients.forget()
        return answer

    return view


def _admitted(scope: str) -> Call:
    provider: Provider = current_app.extensions["idp"].provider
    settings = provider.settings
    if not settings.admin_api.enabled:
        raise refuse(404, "unknown_route", "the API is switched off")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "dpop") or not token.strip() or len(token) > 8192:
        raise invalid_token("no token")
    client = admit(
        provider, token.strip(), scheme.lower(), scope, clock.milliseconds(), partial(_client_request, provider)
    )
    kind, most = f"admin_api:{client.client_id}", settings.admin_api.requests_per_minute
    if not limits.hit_address(settings.limits, kind, request.remote_addr or "", limit=most, window_seconds=60):
        raise refuse(429, "too_many_requests", f"at most {most} in a minute")
    if any("\x00" in value for value in request.args.values()):  # PostgreSQL takes it in no text.
        raise refuse(400, "malformed", "a NUL in the query")
    return Call(provider, client)


def _client_request(provider: Provider) -> ClientRequest:
    """What a proof of possession is checked against."""
    return client_request(provider, HttpRequest.from_environ(request.environ), Parameters({}, {}))
