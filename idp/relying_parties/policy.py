"""What an initial access token lets a client have at most (RFC 7591 §5)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from idp.oidc.grant_types import TOKEN_EXCHANGE

NEVER = frozenset({"eleves"})
"""Scopes that no dynamic registration gives, whatever the token says: an administrator grants them (attack 54)."""


ADMINISTRATORS_GRANTS = frozenset({TOKEN_EXCHANGE})
"""Acting for a parent with somebody else's token is for services that an administrator knows (RFC 8693)."""


class Policy(msgspec.Struct, frozen=True):
    """Ceilings; an empty tuple allows all that the provider knows."""

    scope: str = "openid"
    profile: str = "oidc"
    """The profile that its clients get."""
    grant_types: tuple[str, ...] = ()
    redirect_hosts: tuple[str, ...] = ()

    def granted(self, asked: str | None) -> str:
        """The scopes asked for that the ceiling has; all of it when none is asked for."""
        ceiling = [scope for scope in self.scope.split() if scope not in NEVER]
        wanted = ceiling if asked is None else asked.split()
        return " ".join(scope for scope in dict.fromkeys(["openid", *wanted]) if scope in {"openid", *ceiling})

    def problems(self, metadata: Mapping[str, Any]) -> list[str]:
        """Where the registration goes beyond the policy."""
        found = []
        asked = metadata.get("grant_types", ())
        beyond = [grant for grant in asked if self.grant_types and grant not in self.grant_types]
        if beyond := [*beyond, *(grant for grant in asked if grant in ADMINISTRATORS_GRANTS)]:
            found.append(f"grant_types: not with this token: {' '.join(beyond)}")
        uris = metadata.get("redirect_uris", ())
        hosts = {urlsplit(uri).hostname if uri.startswith("https://") else None for uri in uris}
        if self.redirect_hosts and not hosts <= set(self.redirect_hosts):
            found.append(f"redirect_uris: with this token, at {' '.join(self.redirect_hosts)} only")
        return found
