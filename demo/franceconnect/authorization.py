"""The authorization request, checked against closed lists: order is list, client, callback, rest."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from demo.franceconnect.config import Client, Config
from demo.franceconnect.errors import PageError, RedirectError
from demo.franceconnect.identities import PROVIDERS, SCOPES

REQUIRED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "acr_values")
OPTIONAL = ("claims", "prompt", "idp_hint", "ui_locales")
SHORTEST_NONCE = 22
KNOWN_ACR = ("eidas1", "eidas2", "eidas3")


def check(config: Config, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What `Memory.begin` needs to know of a good request. Raises PageError, RedirectError."""
    values = _closed_list(parameters)
    client = config.clients.get(values["client_id"])
    if client is None or not client.active:
        raise PageError("Y04EA6EF")
    if values["redirect_uri"] not in client.redirect_uris:
        raise PageError("Y04C013C")
    amr = _asks_amr(values.get("claims", ""))
    if amr and not client.amr:
        raise PageError("Y100009")
    return {
        "client": client,
        "redirect_uri": values["redirect_uri"],
        "state": values["state"],
        "nonce": values["nonce"],
        "scopes": _scopes(client, values),
        "acr": _acr(values),
        "amr": amr,
    }


def _closed_list(parameters: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Every parameter known and given once, the required ones not empty."""
    known = all(name in (*REQUIRED, *OPTIONAL) and len(values) == 1 for name, values in parameters.items())
    if not known or not all(parameters.get(name, [""])[0] for name in REQUIRED):
        raise PageError("Y030007")
    values = {name: given[0] for name, given in parameters.items()}
    if len(values["nonce"]) < SHORTEST_NONCE:
        raise PageError("Y030007")
    if "prompt" in values and set(values["prompt"].split()) not in ({"login"}, {"consent"}, {"login", "consent"}):
        raise PageError("Y030007")
    return values


def _asks_amr(claims: str) -> bool:
    """Whether the `claims` parameter asks for amr in the ID token."""
    if not claims:
        return False
    try:
        asked = orjson.loads(claims)
    except orjson.JSONDecodeError:
        raise PageError("Y030007") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("id_token", {}), dict):
        raise PageError("Y030007")
    return "amr" in asked.get("id_token", {})


def _scopes(client: Client, values: Mapping[str, str]) -> frozenset[str]:
    def refuse(error: str, description: str) -> RedirectError:
        return RedirectError(values["redirect_uri"], values["state"], error, description)

    if values["response_type"] != "code":
        raise refuse("unsupported_response_type", "unsupported response_type requested")
    asked = frozenset(values["scope"].split())
    if "openid" not in asked:
        raise refuse("invalid_scope", "openid scope must be requested")
    if (asked & SCOPES.keys()) - client.scopes:
        raise refuse("invalid_scope", "requested scope is not allowed")
    if values.get("idp_hint") and values["idp_hint"] not in PROVIDERS:
        raise refuse("invalid_idp_hint", "idp_hint unknown")
    return asked & (SCOPES.keys() | {"openid"})


def _acr(values: Mapping[str, str]) -> str:
    """`eidas1`, the only level here: unknown values are ignored; known ones without it cannot be reached."""
    known = [acr for acr in values["acr_values"].split() if acr in KNOWN_ACR]
    if not known:
        raise PageError("Y100001")
    if "eidas1" not in known:
        raise RedirectError(values["redirect_uri"], values["state"], "invalid_acr", "acr_value is not valid")
    return "eidas1"
