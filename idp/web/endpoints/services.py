"""The services that a portal shows as tiles: `services_endpoint` of discovery (docs/services.md)."""

import orjson
from flask import Blueprint, Response, request

from idp.services import published
from idp.web import security
from idp.web.endpoints.cors import ANYBODY

blueprint = Blueprint("services", __name__)
FRESH_SECONDS = 60


@blueprint.get("/services")
def show() -> Response:
    """The same for everybody: caches keep it for a minute, then ask whether it is still so (RFC 9110 §13.1.2)."""
    body = orjson.dumps(published.document(security.settings().server.issuer))
    answer = Response(body, headers=dict(ANYBODY), mimetype="application/json")
    answer.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
