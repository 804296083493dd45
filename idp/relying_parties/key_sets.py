"""Clients' public keys: registered by value, or fetched from `jwks_uri` and kept (OpenID Connect Core §10.1.1)."""

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from idp import clock
from idp.oidc import key_set
from idp.relying_parties.cache import RelyingParty
from idp.relying_parties.fetching import Fetcher, NotFetched

log = structlog.get_logger(__name__)

REFETCH_AFTER = dt.timedelta(seconds=55)
"""An unknown `kid`, or a failure, asks again after that long: a client that rotates waits a minute at most."""
MAXIMUM = 10_000


class _Kept:
    """What one `jwks_uri` gave last; the lock lets one request fetch while others use the old set."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.keys: tuple[dict[str, Any], ...] = ()
        self.fresh_until: dt.datetime | None = None
        self.tried_at: dt.datetime | None = None


class KeySets:
    """Finds the keys of clients; `Provider.key_sets`. Each process keeps its own."""

    def __init__(self, fetcher: Fetcher, fresh_seconds: int) -> None:
        self._fetcher = fetcher
        self._fresh = dt.timedelta(seconds=fresh_seconds)
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def of(self, client: RelyingParty, kid: str | None = None) -> Sequence[Mapping[str, Any]]:
        """The client's keys. A `kid` that is not among them has `jwks_uri` asked again, at most once a minute.

        A failure keeps the old set; a client without keys, or whose address never answered, has none.
        """
        if client.jwks or not client.jwks_uri:
            return client.jwks
        kept = self._entry(client.jwks_uri)
        if kept.lock.acquire(blocking=not kept.keys):
            try:
                if self._is_due(kept, kid):
                    self._fetch(client.jwks_uri, kept)
            finally:
                kept.lock.release()
        return kept.keys

    def _entry(self, uri: str) -> _Kept:
        with self._lock:
            if uri not in self._kept and len(self._kept) >= MAXIMUM:
                self._kept.clear()
            return self._kept.setdefault(uri, _Kept())

    def _is_due(self, kept: _Kept, kid: str | None) -> bool:
        now = clock.now()
        if kept.tried_at is None:
            return True
        if now - kept.tried_at < REFETCH_AFTER:
            return False
        unknown = kid is not None and all(jwk.get("kid") != kid for jwk in kept.keys)
        return unknown or kept.fresh_until is None or kept.fresh_until <= now

    def _fetch(self, uri: str, kept: _Kept) -> None:
        kept.tried_at = clock.now()
        try:
            kept.keys = key_set.check(self._fetcher.get_json(uri))
        except (NotFetched, key_set.InvalidKeySet) as error:
            log.warning("jwks_uri_failed", reason=str(error), kept=len(kept.keys))
        else:
            kept.fresh_until = clock.now() + self._fresh
