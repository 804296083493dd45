"""The pushed authorization request endpoint (RFC 9126 §2): the authorization endpoint's checks, before the browser."""

from typing import Any

import orjson

from idp.oidc import par
from idp.oidc.errors import invalid_request
from idp.oidc.request import Parameters
from idp.provider.authorization.attempt import Attempt
from idp.provider.authorization.table import Runs, examine
from idp.provider.client_authentication import authenticate
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.provider.sender_constraint import bind_code


def push(provider: Provider, request: ClientRequest) -> dict[str, Any]:
    """Keep a good request and name it. Raises ProtocolError."""
    request.parameters.refuse_defects()
    client = authenticate(provider, request)
    if request.parameters.get("client_id") not in ("", client.client_id):
        raise invalid_request("client_id differs from the one authenticated")
    if request.parameters.get("request_uri"):
        raise invalid_request("request_uri cannot be pushed")  # RFC 9126 §2.1
    values = {name: value for name, value in request.parameters.values.items() if name not in par.CREDENTIALS}
    values["client_id"] = client.client_id
    attempt = Attempt(provider, Parameters(values, {}), request.now, client=client)
    examine(attempt, Runs.PAR)
    if request.dpop:
        jkt = bind_code(provider, request, attempt.parameters.get("dpop_jkt"))
        attempt.parameters = Parameters({**attempt.parameters.values, "dpop_jkt": jkt}, {})
    return _keep(provider, attempt)


def _keep(provider: Provider, attempt: Attempt) -> dict[str, Any]:
    reference = par.new_reference()
    seconds = provider.settings.protocol.pushed_request_seconds
    expires_at = attempt.now + seconds * 1000
    row = {
        "v_id": par.digest(reference),
        "v_client_id": attempt.known_client.client_id,
        "v_parameters": orjson.dumps(dict(attempt.parameters.values)).decode(),
        "v_expires_at": expires_at,
        # The login that it begins may take its time; the request is spent at its end.
        "v_ends_at": expires_at + provider.settings.sessions.flow_minutes * 60_000,
    }
    provider.hot.write(provider.sql.keep_pushed_request, row)
    return {"request_uri": par.PREFIX + reference, "expires_in": seconds}
