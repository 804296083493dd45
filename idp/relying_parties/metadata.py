"""What a registration may hold (OpenID Connect Registration §2, RFC 7591 §2); the whole is checked each time."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from idp.oidc import key_set, redirect_uri, response_types
from idp.oidc.discovery import AUTHENTICATION_METHODS
from idp.oidc.scopes import SCOPES
from idp.relying_parties import answer_members, authentication_members, request_members

CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
"""At most 40 characters: a subject has 43, so that neither passes for the other (RFC 9700 §4.15)."""
GRANT_TYPES = ("authorization_code", "implicit", "refresh_token", "client_credentials")
URI_LISTS = ("redirect_uris", "post_logout_redirect_uris")
WEB_LINKS = ("client_uri", "policy_uri", "tos_uri", "logo_uri")
FETCHED = ("jwks_uri",)
"""Addresses that the provider asks: https, or plain http at 127.0.0.1 in the demo."""
MEMBERS: dict[str, type] = {
    "redirect_uris": list,
    "post_logout_redirect_uris": list,
    "grant_types": list,
    "response_types": list,
    "token_endpoint_auth_method": str,
    "application_type": str,
    "subject_type": str,
    "sector_identifier": str,
    "require_pkce": bool,
    "jwks": dict,
    "jwks_uri": str,
    "resources": list,
    "resource_server": str,
    "client_uri": str,
    "policy_uri": str,
    "tos_uri": str,
    "logo_uri": str,
    "contacts": list,
    **answer_members.MEMBERS,
    **authentication_members.MEMBERS,
    **request_members.MEMBERS,
}
CHOICES: dict[str, tuple[str, ...]] = {
    "token_endpoint_auth_method": AUTHENTICATION_METHODS,
    "application_type": ("web", "native"),
    "subject_type": ("pairwise", "public"),
    **answer_members.CHOICES,
    **authentication_members.CHOICES,
    **request_members.CHOICES,
}


def find_problems(client_id: str, name: str, scope: str, metadata: Mapping[str, Any], *, demo: bool) -> list[str]:
    """Every reason why this registration cannot be taken, each with its member; empty when it can."""
    found = []
    if not CLIENT_ID.fullmatch(client_id):
        found.append("client_id: 2 to 40 lower-case letters, digits, dots, hyphens, underscores")
    if not name.strip() or len(name) > 200 or any(unicodedata.category(letter)[0] == "C" for letter in name):
        found.append("client_name: 1 to 200 characters, no control or direction characters")
    if unknown := set(scope.split()) - set(SCOPES):
        found.append(f"scope: unknown {' '.join(sorted(unknown))}")
    for member, value in metadata.items():
        found += _member_problems(member, value)
    return found or [*_uri_problems(metadata, demo), *_key_problems(metadata), *_consistency_problems(metadata)]


def _member_problems(member: str, value: object) -> list[str]:
    kind = MEMBERS.get(member)
    if kind is None:
        return [f"{member}: unknown"]
    if not isinstance(value, kind):
        return [f"{member}: must be a {kind.__name__}"]
    if isinstance(value, list) and (len(value) > 50 or not all(isinstance(item, str) for item in value)):
        return [f"{member}: at most 50 texts"]
    if member in CHOICES and value not in CHOICES[member]:
        return [f"{member}: one of {', '.join(CHOICES[member])}"]
    if member in WEB_LINKS and not str(value).startswith("https://"):
        return [f"{member}: must be https"]
    return []


def _uri_problems(metadata: Mapping[str, Any], demo: bool) -> list[str]:
    native = metadata.get("application_type") == "native"
    found = []
    for member in URI_LISTS:
        for uri in metadata.get(member, ()):
            if problem := redirect_uri.problem(uri, native=native, demo=demo):
                found.append(f"{member}: {uri!r} {problem}")
    for member in FETCHED:
        if member in metadata and (problem := redirect_uri.problem(metadata[member], demo=demo)):
            found.append(f"{member}: {problem}")
    return found


def _key_problems(metadata: Mapping[str, Any]) -> list[str]:
    if "jwks" not in metadata:
        return []
    if "jwks_uri" in metadata:
        return ["jwks: not together with jwks_uri"]
    try:
        key_set.check(metadata["jwks"], strict=True)
    except key_set.InvalidKeySet as error:
        return [f"jwks: {error}"]
    return []


def _consistency_problems(metadata: Mapping[str, Any]) -> list[str]:
    found = []
    grants = metadata.get("grant_types", ["authorization_code"])
    if unknown := set(grants) - set(GRANT_TYPES):
        found.append(f"grant_types: unknown {' '.join(sorted(unknown))}")
    if "authorization_code" in grants or "response_types" in metadata:
        found += response_types.problems(metadata.get("response_types", ["code"]), grants)
    if {"authorization_code", "implicit"} & set(grants) and not metadata.get("redirect_uris"):
        found.append("redirect_uris: at least one")
    found += authentication_members.find_problems(metadata)
    found += answer_members.find_problems(metadata) + request_members.find_problems(metadata)
    hosts = {uri.split("/")[2:3] and uri.split("/")[2].partition(":")[0] for uri in metadata.get("redirect_uris", ())}
    if len(hosts) > 1 and "sector_identifier" not in metadata and metadata.get("subject_type") != "public":
        found.append("sector_identifier: needed when redirect URIs have several hosts (OpenID Connect Core 8.1)")
    return found
