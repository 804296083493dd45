"""Where a client hears of a logout: members of a registration (Front-Channel Logout §2, Back-Channel Logout §2.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MEMBERS: dict[str, type] = {
    "frontchannel_logout_uri": str,
    "frontchannel_logout_session_required": bool,
    "backchannel_logout_uri": str,
    "backchannel_logout_session_required": bool,
}


@dataclass(frozen=True, slots=True)
class LogoutRules:
    """Addresses that are told; empty: none. `iss` and `sid` are always sent, asked for or not."""

    front_channel: str = ""
    back_channel: str = ""


def read(metadata: Mapping[str, Any]) -> LogoutRules:
    """The addresses of a registration."""
    return LogoutRules(metadata.get("frontchannel_logout_uri", ""), metadata.get("backchannel_logout_uri", ""))


def find_problems(metadata: Mapping[str, Any]) -> list[str]:
    """Front-Channel Logout §2: the frame's origin is that of a redirect URI (attack 65)."""
    origins = {urlsplit(uri)[:2] for uri in metadata.get("redirect_uris", ())}
    uri = metadata.get("frontchannel_logout_uri")
    if uri is not None and urlsplit(uri)[:2] not in origins:
        return ["frontchannel_logout_uri: must have the scheme, host and port of a redirect URI"]
    return []
