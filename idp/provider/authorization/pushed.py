"""Requests that the client pushed before (RFC 9126 §4): found by their reference, spent at the end of the login."""

import re

import orjson

from idp.oidc import par
from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import Parameters
from idp.provider.authorization.attempt import Attempt

THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def load_pushed_request(attempt: Attempt) -> None:
    """Only what was pushed counts; whatever else the browser brings means nothing (§4)."""
    reference = par.reference_of(attempt.parameters.get("request_uri"))
    if not reference:
        return
    provider, client = attempt.provider, attempt.known_client
    key = {"v_id": par.digest(reference), "v_client_id": client.client_id, "v_now": attempt.now}
    row = provider.hot.read(provider.sql.pushed_request, key)
    if row is None:
        raise _unknown(redirectable=False)
    attempt.parameters = Parameters(orjson.loads(row[0]), attempt.parameters.defects)
    attempt.pushed = reference


def check_pushed(attempt: Attempt) -> None:
    """RFC 9126 §5, §6: required by the provider, the client or its profile."""
    client = attempt.known_client
    required = client.requests.pushed or client.rules.pushed_request_required
    if (required or attempt.provider.settings.protocol.require_pushed_requests) and not attempt.pushed:
        raise invalid_request("this client must push its authorization requests")


def check_dpop_jkt(attempt: Attempt) -> None:
    """RFC 9449 §10: the thumbprint of the key that will redeem the code."""
    thumbprint = attempt.parameters.get("dpop_jkt")
    if thumbprint and not THUMBPRINT.fullmatch(thumbprint):
        raise invalid_request("dpop_jkt is no SHA-256 thumbprint")


def spend(attempt: Attempt) -> None:
    """One statement decides who answers the request, so that it is answered once (RFC 9126 §7.3)."""
    if not attempt.pushed:
        return
    provider = attempt.provider
    if provider.hot.write(provider.sql.spend_pushed_request, {"v_id": par.digest(attempt.pushed)}) is None:
        raise _unknown()


def _unknown(*, redirectable: bool = True) -> ProtocolError:
    return ProtocolError("invalid_request_uri", "request_uri is unknown, ended or used", redirectable=redirectable)
