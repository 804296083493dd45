"""Origins of public clients' pages: whose scripts may read what the protocol answers (CORS)."""

import time

from sqlalchemy import bindparam, select

from idp.db.hot import HotPath
from idp.relying_parties.models import Client, ClientOrigin

FRESH_SECONDS = 1.0
MAXIMUM = 10_000


class Origins:
    """Knows the origins of enabled public clients; what it says is at most a second old, as with clients."""

    def __init__(self, hot: HotPath) -> None:
        self._hot = hot
        self._known: dict[str, float] = {}
        enabled = (ClientOrigin.origin == bindparam("v_origin")) & Client.disabled_at.is_(None)
        joined = select(ClientOrigin.origin).join(Client, Client.client_id == ClientOrigin.client_id)
        self._sql = hot.compile(joined.where(enabled))

    def knows(self, origin: str) -> bool:
        """Whether pages of a public client are there; compared as strings."""
        seen_at = self._known.get(origin)
        if seen_at is not None and time.monotonic() - seen_at < FRESH_SECONDS:
            return True
        if len(origin) > 300 or self._hot.read(self._sql, {"v_origin": origin}) is None:
            self._known.pop(origin, None)
            return False
        if len(self._known) >= MAXIMUM:
            self._known.clear()
        self._known[origin] = time.monotonic()
        return True

    def forget(self) -> None:
        """Ask for every origin again."""
        self._known.clear()
