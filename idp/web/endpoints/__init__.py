"""OpenID endpoints, one module each: one implementation, two ways in (ARCHITECTURE, decision 21)."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request

from idp.metrics import TOKEN_SECONDS
from idp.web.dispatch import Endpoint, answer_of
from idp.web.endpoints import (
    authorization,
    authorization_hot,
    check_session,
    consent,
    cors,
    end_session,
    health,
    logos,
    metadata,
    registration,
    services,
    token,
    userinfo,
)
from idp.web.http import HttpAnswer, HttpRequest


def hot_table(services: Any) -> Mapping[tuple[str, str], Endpoint]:
    """What `idp.web.dispatch.Dispatch` answers in front of Flask."""
    provider = services.provider
    table = {
        **health.endpoints(provider),
        **check_session.endpoints(provider),
        **metadata.endpoints(provider),
        **token.endpoints(provider),
        **userinfo.endpoints(provider),
        **authorization_hot.endpoints(provider),
    }
    table["POST", "/token"] = _timed(table["POST", "/token"])
    return cors.with_origins(provider, table)


def _timed(endpoint: Endpoint) -> Endpoint:
    def answer(http: HttpRequest) -> HttpAnswer | None:
        with TOKEN_SECONDS.time():
            return endpoint(http)

    return answer


def register(app: Flask, table: Mapping[tuple[str, str], Endpoint]) -> None:
    """Mount every endpoint, the hot ones too, and the pages of authorization, consent and logout."""
    for (method, path), endpoint in table.items():
        if not path.startswith("/authorize"):
            name = f"endpoint_{method}_{path}"
            app.add_url_rule(path, name, _view(endpoint), methods=[method], provide_automatic_options=False)
    for blueprint in (
        authorization.blueprint,
        consent.blueprint,
        end_session.blueprint,
        logos.blueprint,
        registration.blueprint,
        services.blueprint,
    ):
        app.register_blueprint(blueprint)


def _view(endpoint: Endpoint) -> Callable[[], Response]:
    def view() -> Response:
        answer = answer_of(endpoint, HttpRequest.from_environ(request.environ))
        assert answer is not None
        return Response(answer.body, answer.status, list(answer.headers))

    return view
