"""The OpenAPI description of the provider's endpoints, drawn from discovery so that both tell the same."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.oidc.openapi.operations import OPERATIONS, Operation
from idp.oidc.openapi.schemas import schemas

VERSION = "3.1.0"


def document(discovery: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The OpenAPI document of the provider that this metadata describes."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(_path(operation, discovery), {})[operation.method] = _operation(operation, discovery)
    return {
        "openapi": VERSION,
        "info": {
            "title": f"{name}: OpenID Connect provider",
            "version": "1",
            "description": "What a relying party asks. Times are seconds; errors have the form of RFC 6749 5.2.",
        },
        "servers": [{"url": discovery["issuer"]}],
        "externalDocs": {"url": discovery["service_documentation"]},
        "paths": paths,
        "components": {"schemas": schemas(discovery), "securitySchemes": _security(discovery)},
    }


def _path(operation: Operation, discovery: Mapping[str, Any]) -> str:
    address = str(discovery.get(operation.address, operation.address))
    return urlsplit(address).path + operation.suffix


def _operation(operation: Operation, discovery: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.source,
        "security": [{scheme: []} for scheme in operation.security],
        "responses": {status: _response(*answer) for status, answer in operation.answers.items()},
    }
    parameters = [_parameter(name, place) for name, place in operation.parameters]
    if operation.query:
        parameters += [_query(member, schema) for member, schema in _members(operation.query, discovery)]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        reference = {"schema": {"$ref": f"#/components/schemas/{operation.body[1]}"}}
        described["requestBody"] = {"required": True, "content": {operation.body[0]: reference}}
    return described


def _members(schema: str, discovery: Mapping[str, Any]) -> list[tuple[tuple[str, bool], dict[str, Any]]]:
    known = schemas(discovery)[schema]
    required = known.get("required", ())
    return [((name, name in required), described) for name, described in known["properties"].items()]


def _query(member: tuple[str, bool], schema: dict[str, Any]) -> dict[str, Any]:
    name, required = member
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def _response(meaning: str, kind: str = "", schema: str = "") -> dict[str, Any]:
    if not kind:
        return {"description": meaning}
    described = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "string"}
    return {"description": meaning, "content": {kind: {"schema": described}}}


def _security(discovery: Mapping[str, Any]) -> dict[str, Any]:
    """How a request proves itself; the methods of client authentication by form are members of the form."""
    return {
        "openid": {
            "type": "openIdConnect",
            "openIdConnectUrl": f"{discovery['issuer']}/.well-known/openid-configuration",
        },
        "client_secret_basic": {"type": "http", "scheme": "basic"},
        "access_token": {"type": "http", "scheme": "bearer"},
        "dpop": {"type": "http", "scheme": "dpop", "description": "With a proof in the header DPoP (RFC 9449)."},
        "initial_access_token": {"type": "http", "scheme": "bearer", "description": "RFC 7591 3."},
        "registration_access_token": {"type": "http", "scheme": "bearer", "description": "RFC 7592 1.3."},
    }
