"""What a service's document may hold: the same in the command line, the API and the console."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from idp.db import db
from idp.oidc import redirect_uri
from idp.registry import academies
from idp.registry.errors import UaiInvalid
from idp.registry.service import check_uai
from idp.relying_parties.metadata import CLIENT_ID
from idp.relying_parties.models import Client, Logo
from idp.services import pictures

SERVICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_TITLE, LONGEST_DESCRIPTION = 80, 160
MOST_SCHOOLS = 2000
LAST_POSITION = 9999

MEMBERS: dict[str, tuple[type, Any]] = {
    "title": (str, ""),
    "title#en": (str, ""),
    "description": (str, ""),
    "description#en": (str, ""),
    "picture": (str, pictures.USUAL),
    "client_id": (str, ""),
    "link": (str, ""),
    "target_link_uri": (str, ""),
    "names_child": (bool, False),
    "degrees": (list, []),
    "academies": (list, []),
    "uais": (list, []),
    "position": (int, None),
    "on": (bool, True),
}
"""Each member, its type, and what a document that leaves it out means (no position: where it is, or the last)."""
ITEMS: dict[str, type] = {"degrees": int, "academies": str, "uais": str}
"""What each list holds."""


def find_problems(service_id: str, document: Mapping[str, Any], *, demo: bool) -> list[str]:
    """Every reason why this service cannot be taken, each with its member; `document` has every member."""
    found = [] if SERVICE_ID.fullmatch(service_id) else ["service_id: 1 to 40 lower-case letters, digits, hyphens"]
    for member, value in document.items():
        kind = MEMBERS[member][0]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            found.append(f"{member}: must be a {kind.__name__}")
        elif isinstance(value, list) and not all(type(item) is ITEMS[member] for item in value):
            found.append(f"{member}: must be a list of {ITEMS[member].__name__}")
    return found or [problem for check in CHECKS for problem in check(document, demo)]


def _texts(document: Mapping[str, Any], demo: bool) -> list[str]:
    found = [] if document["title"].strip() else ["title: what parents read on the tile"]
    longest = {"title": LONGEST_TITLE, "description": LONGEST_DESCRIPTION}
    for member in ("title", "title#en", "description", "description#en"):
        text, most = document[member], longest[member.partition("#")[0]]
        if len(text) > most or any(unicodedata.category(letter)[0] == "C" for letter in text):
            found.append(f"{member}: at most {most} characters, no control or direction characters")
    return found


def _target(document: Mapping[str, Any], demo: bool) -> list[str]:
    client_id, link = document["client_id"], document["link"]
    if bool(client_id) == bool(link):
        return ["client_id: a service opens a client application, or a link"]
    found = _client(client_id) if client_id else []
    for member in ("link", "target_link_uri"):
        address = document[member]
        # Links may have escapes in their path; nothing else of what a redirect URI may not be.
        if address and (problem := redirect_uri.problem(address.replace("%", ""), demo=demo)):
            found.append(f"{member}: {problem}")
    if link and document["target_link_uri"]:
        found.append("target_link_uri: with client_id alone")
    if document["names_child"] and not document["target_link_uri"]:
        found.append("names_child: needs target_link_uri")
    return found


def _client(client_id: str) -> list[str]:
    client = db.session.get(Client, client_id) if CLIENT_ID.fullmatch(client_id) else None
    if client is None or client.deleted_at is not None:
        return ["client_id: no such client application"]
    if not client.metadata_.get("initiate_login_uri"):
        return ["client_id: this client application has no initiate_login_uri (OpenID Connect Core 4)"]
    return []


def _picture(document: Mapping[str, Any], demo: bool) -> list[str]:
    picture, client_id = document["picture"], document["client_id"]
    if picture == pictures.LOGO and CLIENT_ID.fullmatch(client_id):
        known = db.session.get(Logo, client_id)
        return [] if known else ["picture: we have no logo of this client application"]
    return (
        []
        if picture in pictures.NAMES
        else [f"picture: one of {', '.join(pictures.NAMES)}; a client's {pictures.LOGO}"]
    )


def _schools(document: Mapping[str, Any], demo: bool) -> list[str]:
    uais = document["uais"]
    found = [] if all(degree in (1, 2) for degree in document["degrees"]) else ["degrees: 1 or 2"]
    unknown = [name for name in document["academies"] if name not in academies.ACADEMIES]
    found += [f"academies: no such académie: {name}" for name in unknown]
    if uais and (document["degrees"] or document["academies"]):
        found.append("uais: a list of schools stands alone, without degrees or academies")
    if len(uais) > MOST_SCHOOLS:
        return [*found, f"uais: at most {MOST_SCHOOLS}"]
    return found + [f"uais: {uai} is no UAI" for uai in uais if not _is_uai(uai)]


def _is_uai(uai: str) -> bool:
    try:
        return check_uai(uai) == uai
    except UaiInvalid:
        return False


def _position(document: Mapping[str, Any], demo: bool) -> list[str]:
    return [] if 0 <= document["position"] <= LAST_POSITION else [f"position: 0 to {LAST_POSITION}"]


CHECKS: tuple[Callable[[Mapping[str, Any], bool], list[str]], ...] = (_texts, _target, _picture, _schools, _position)
