"""Token, introspection and revocation endpoints: form in, JSON out."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from idp.oidc.errors import ProtocolError, invalid_request
from idp.oidc.request import parse
from idp.provider import device_authorization, introspection, pushed_requests, revocation, token_endpoint
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.web.client_request import client_request
from idp.web.dispatch import Endpoint
from idp.web.http import FORM, NO_STORE, HttpAnswer, HttpRequest

log = structlog.get_logger(__name__)
Respond = Callable[[Provider, ClientRequest], Any]


def endpoints(provider: Provider) -> Mapping[tuple[str, str], Endpoint]:
    """`/token`, `/introspect`, `/revoke` and `/par`, by POST alone."""
    return {
        ("POST", "/token"): _endpoint(provider, token_endpoint.respond),
        ("POST", "/introspect"): _endpoint(provider, introspection.introspect),
        ("POST", "/revoke"): _endpoint(provider, revocation.revoke),
        ("POST", "/device_authorization"): _endpoint(provider, device_authorization.begin),
        ("POST", "/par"): _endpoint(provider, pushed_requests.push, status=201),
    }


def _endpoint(provider: Provider, respond: Respond, status: int = 200) -> Endpoint:
    def answer(http: HttpRequest) -> HttpAnswer:
        try:
            if http.content_type != FORM:
                raise invalid_request("the body must be a form")
            if http.query:
                raise invalid_request("parameters belong in the body")
            answer = respond(provider, client_request(provider, http, parse(http.body)))
            return _signed(answer) if isinstance(answer, str) else HttpAnswer.json(answer or {}, status)
        except ProtocolError as error:
            return error_answer(error)

    return answer


def _signed(token: str) -> HttpAnswer:
    """RFC 9701 §5."""
    return HttpAnswer(200, (("Content-Type", introspection.SIGNED), *NO_STORE), token.encode())


def error_answer(error: ProtocolError) -> HttpAnswer:
    """RFC 6749 §5.2; the cause goes to the log alone."""
    log.info("protocol_error", error=error.code, detail=error.detail or error.description)
    answer = HttpAnswer.json(error.as_json(), error.status)
    challenge = (("WWW-Authenticate", 'Basic realm="idp"'),) if error.status == 401 else ()
    return HttpAnswer(answer.status, (*answer.headers, *challenge, *error.headers), answer.body)
