"""The `claims` parameter (OpenID Connect Core §5.5): which claims, where, and with which values."""

from collections.abc import Container, Mapping
from typing import Any

import msgspec

from idp.oidc.errors import invalid_request
from idp.oidc.server_facts import Facts

MEMBERS = ("id_token", "userinfo")
MAXIMUM_CLAIMS = 60
MAXIMUM_DEPTH = 5
"""claims, member, claim, `values`, an object as a value."""
Requests = Mapping[str, Mapping[str, Any]]
"""Claim by claim what is asked of it: `essential`, `value`, `values`, or nothing."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def parse(text: str) -> dict[str, Requests]:
    """The members `id_token` and `userinfo`; others mean nothing here. Raises invalid_request."""
    try:
        asked = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise invalid_request("claims is not a JSON object") from None
    if _is_deeper(asked, MAXIMUM_DEPTH):
        raise invalid_request("claims is nested too deep")
    return {member: _requests(asked.get(member)) for member in MEMBERS}


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inside)


def _requests(member: object) -> Requests:
    if member is None:
        return {}
    if not isinstance(member, dict) or len(member) > MAXIMUM_CLAIMS:
        raise invalid_request("a member of claims is no object, or too large")
    return {name: _request(value) for name, value in member.items()}


def _request(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not isinstance(value.get("essential", False), bool):
        raise invalid_request("a claim's request is null or an object")
    if not isinstance(value.get("values", []), list):
        raise invalid_request("values of a claim's request is a list")
    return {name: value[name] for name in ("essential", "value", "values") if name in value}


def wanted_values(request: Mapping[str, Any]) -> list[Any] | None:
    """The values that will do; None when any does."""
    if "value" in request:
        return [request["value"]]
    return list(request["values"]) if "values" in request else None


def keep(asked: Mapping[str, Requests], allowed: Mapping[str, Container[str]]) -> str:
    """JSON of the requests for claims that may be had in their member; empty when none is left."""
    kept = {
        member: {name: request for name, request in asked[member].items() if name in allowed[member]}
        for member in MEMBERS
    }
    kept = {member: requests for member, requests in kept.items() if requests}
    return _encode(kept).decode() if kept else ""


def choose(text: str, member: str, available: Mapping[str, Any]) -> dict[str, Any]:
    """Of the available claims, those that the kept text asks for in that member, with a value that will do."""
    chosen = {}
    for name, request in _decode(text).get(member, {}).items():
        values = wanted_values(request)
        if name in available and (values is None or available[name] in values):
            chosen[name] = available[name]
    return chosen


def metadata(facts: Facts) -> Mapping[str, Any]:
    """OpenID Connect Discovery §3."""
    return {"claims_parameter_supported": True}
