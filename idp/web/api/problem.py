"""Refusals of the API, as `application/problem+json` (RFC 9457); no exception's text goes out."""

from collections.abc import Sequence
from http import HTTPStatus

import orjson
from flask import Response

from idp.errors import Refusal
from idp.oidc.errors import ProtocolError
from idp.registry.errors import UaiInvalid
from idp.relying_parties.errors import ClientExists, InvalidMetadata, UnknownClient
from idp.services.errors import InvalidService, UnknownService

KIND = "application/problem+json"


class ApiRefusal(Refusal):
    """What a request of a program may not do, or says wrongly."""

    status: int
    code: str
    detail: str


def refuse(status: int, code: str, detail: str = "") -> ApiRefusal:
    """The refusal, to be raised."""
    return ApiRefusal(status=status, code=code, detail=detail)


def answer(
    status: int, code: str, detail: str = "", *, problems: Sequence[str] = (), headers: Sequence[tuple[str, str]] = ()
) -> Response:
    """`code` is for programs, `detail` for people; `problems` lists every member that is wrong."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code}
    body |= {"detail": detail} if detail else {}
    body |= {"problems": list(problems)} if problems else {}
    return Response(orjson.dumps(body), status, [*headers, ("Cache-Control", "no-store")], mimetype=KIND)


def explain(refusal: Exception) -> Response:
    """One refusal, whatever raised it."""
    match refusal:
        case ApiRefusal(status=status, code=code, detail=detail):
            return answer(status, code, detail)
        case InvalidMetadata(problems=problems):
            return answer(422, "invalid_client_metadata", "the registration cannot be taken", problems=problems)
        case ClientExists():
            return answer(409, "client_exists", "a client that was removed had this identifier")
        case UnknownClient():
            return answer(404, "unknown_client")
        case InvalidService(problems=problems):
            return answer(422, "invalid_service", "the service cannot be taken", problems=problems)
        case UnknownService():
            return answer(404, "unknown_service")
        case UaiInvalid(uai=uai):
            return answer(422, "invalid_school", problems=[f"uai: {uai} is no UAI"])
    assert isinstance(refusal, ProtocolError)
    status = 401 if refusal.code in ("invalid_dpop_proof", "use_dpop_nonce") else refusal.status
    headers = list(refusal.headers)
    if status in (401, 403):
        headers.append(("WWW-Authenticate", f'Bearer realm="idp administration", error="{refusal.code}"'))
        headers.append(("WWW-Authenticate", f'DPoP realm="idp administration", error="{refusal.code}"'))
    return answer(status, refusal.code, refusal.description, headers=headers)
