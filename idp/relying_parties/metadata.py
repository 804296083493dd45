"""What a registration may hold (OpenID Connect Registration §2, RFC 7591 §2); the whole is checked each time."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.oidc import key_set, redirect_uri, response_types
from idp.oidc.client_authentication import METHODS
from idp.oidc.grant_types import GRANT_TYPES
from idp.oidc.scopes import SCOPES
from idp.relying_parties import answer_members, authentication_members, logout_members, request_members

CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
"""At most 40 characters: a subject has 43, so that neither passes for the other (RFC 9700 §4.15)."""
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
URI_LISTS = ("redirect_uris", "post_logout_redirect_uris")
WEB_LINKS = ("client_uri", "policy_uri", "tos_uri", "logo_uri")
ASKED = (
    "jwks_uri",
    "sector_identifier_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "initiate_login_uri",
)
"""Addresses that the provider, its pages or a portal ask: https, or plain http at 127.0.0.1 in the demo."""
TRANSLATED = ("client_name", "client_uri", "policy_uri", "tos_uri", "logo_uri")
"""Members that may be given in several languages, as `client_name#en` (RFC 7591 §2.2)."""
ADMINISTRATORS = frozenset({"sector_identifier", "require_pkce", "resources", "resource_server", "profile"})
"""Members that only the command line sets: dynamic registration neither grants nor drops them (attack 57)."""
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
    **logout_members.MEMBERS,
    "sector_identifier_uri": str,
    "initiate_login_uri": str,
    "software_id": str,
    "software_version": str,
}
CHOICES: dict[str, tuple[str, ...]] = {
    "token_endpoint_auth_method": METHODS,
    "application_type": ("web", "native"),
    "subject_type": ("pairwise", "public"),
    **answer_members.CHOICES,
    **authentication_members.CHOICES,
    **request_members.CHOICES,
}


def find_problems(client_id: str, name: str, metadata: Mapping[str, Any], *, demo: bool) -> list[str]:
    """What is wrong with each member by itself. Nothing is read out of a registration that has such a problem."""
    found = []
    if not CLIENT_ID.fullmatch(client_id):
        found.append("client_id: 2 to 40 lower-case letters, digits, dots, hyphens, underscores")
    found += _name_problems("client_name", name)
    for member, value in metadata.items():
        found += _member_problems(member, value)
    return found or _uri_problems(metadata, demo)


def find_contradictions(scope: str, metadata: Mapping[str, Any]) -> list[str]:
    """What does not go together, each with its member, in a whole registration without other problems."""
    unknown = set(scope.split()) - set(SCOPES)
    found = [f"scope: unknown {' '.join(sorted(unknown))}"] if unknown else []
    return [*found, *_key_problems(metadata), *_consistency_problems(metadata)]


def is_known(member: str) -> bool:
    """Whether the member means something here; with a language tag too, where it may have one."""
    base, tagged, tag = member.partition("#")
    return (base in TRANSLATED and LANGUAGE_TAG.fullmatch(tag) is not None) if tagged else base in MEMBERS


def _name_problems(member: str, name: str) -> list[str]:
    if not name.strip() or len(name) > 200 or any(unicodedata.category(letter)[0] == "C" for letter in name):
        return [f"{member}: 1 to 200 characters, no control or direction characters"]
    return []


def _member_problems(member: str, value: object) -> list[str]:
    base = member.partition("#")[0]
    kind = {**MEMBERS, "client_name": str}.get(base)
    if kind is None or not is_known(member):
        return [f"{member}: unknown"]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return [f"{member}: must be a {kind.__name__}"]
    if isinstance(value, list) and (len(value) > 50 or not all(isinstance(item, str) for item in value)):
        return [f"{member}: at most 50 texts"]
    if any(len(text) > 2048 for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)):
        return [f"{member}: at most 2048 characters"]
    if member in CHOICES and value not in CHOICES[member]:
        return [f"{member}: one of {', '.join(CHOICES[member])}"]
    if base in WEB_LINKS and (problem := _link_problem(str(value))):
        return [f"{member}: {problem}"]
    return _name_problems(member, str(value)) if base == "client_name" else []


def _link_problem(url: str) -> str:
    """Why no page may link to it: what a redirect URI may not be, and plain http nowhere (attack 27)."""
    return redirect_uri.problem(url.replace("%", ""))


def _uri_problems(metadata: Mapping[str, Any], demo: bool) -> list[str]:
    native = metadata.get("application_type") == "native"
    found = []
    for member in URI_LISTS:
        for uri in metadata.get(member, ()):
            if problem := redirect_uri.problem(uri, native=native, demo=demo):
                found.append(f"{member}: {uri!r} {problem}")
    for member in ASKED:
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
    for members in (authentication_members, answer_members, request_members, logout_members):
        found += members.find_problems(metadata)
    return found + _sector_problems(metadata)


def _sector_problems(metadata: Mapping[str, Any]) -> list[str]:
    """OpenID Connect Core §8.1: who asks for pairwise subjects says which of its hosts share them."""
    if metadata.get("subject_type") == "pairwise" and lacks_sector(metadata):
        return ["sector_identifier_uri: needed when redirect URIs have several hosts (OpenID Connect Core 8.1)"]
    return []


def lacks_sector(metadata: Mapping[str, Any]) -> bool:
    """Whether its redirect URIs have several hosts, and nothing tells the sector."""
    hosts = {urlsplit(uri).hostname for uri in metadata.get("redirect_uris", ())}
    return len(hosts) > 1 and not {"sector_identifier", "sector_identifier_uri"} & metadata.keys()
