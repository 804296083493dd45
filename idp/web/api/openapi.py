"""The OpenAPI document of the API, made from its table of routes."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from idp.relying_parties.resource_servers import ADMINISTRATION, ADMINISTRATION_SCOPES
from idp.web.api.problem import KIND
from idp.web.api.route import PREFIX, Route
from idp.web.api.schemas import SCHEMAS, TYPES, Schema, ref

ARGUMENT = re.compile(r"\{(\w+)\}")
REFUSALS = (400, 401, 403, 404, 429)


def describe(routes: Sequence[Route], issuer: str) -> Schema:
    """OpenAPI 3.1."""
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    flow = {"tokenUrl": f"{issuer}/token", "scopes": dict.fromkeys(ADMINISTRATION_SCOPES, "")}
    scheme = {
        "type": "oauth2",
        "description": f"client_credentials with the resource {ADMINISTRATION}",
        "flows": {"clientCredentials": flow},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Administration", "version": "1"},
        "servers": [{"url": issuer + PREFIX}],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": {"administration": scheme}},
    }


def _operation(route: Route) -> Schema:
    named = [{"name": name, "in": "path", "required": True, "schema": TYPES[str]} for name in _arguments(route)]
    asked = [{"name": name, "in": "query", "schema": schema} for name, schema in route.query.items()]
    answers = {str(status): _answer(status, schema) for status, schema in route.answers.items()}
    refusals = {str(status): _answer(status, ref("Problem"), KIND) for status in REFUSALS}
    operation: dict[str, Any] = {
        "operationId": f"{route.view.__name__}",
        "summary": route.summary,
        "security": [{"administration": [route.scope]}],
        "parameters": [*named, *asked],
        "responses": {**answers, **refusals},
    }
    if route.body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": route.body}}}
    return operation


def _arguments(route: Route) -> list[str]:
    return ARGUMENT.findall(route.path)


def _answer(status: int, schema: Schema | None, kind: str = "application/json") -> Schema:
    told: Schema = {"description": HTTPStatus(status).phrase}
    return {**told, "content": {kind: {"schema": schema}}} if schema is not None else told
