"""Discovery and key set of an upstream, kept in the process: fresh for ten minutes, usable for a day if it is down."""

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from idp import clock
from idp.franceconnect.calls import Calls
from idp.franceconnect.errors import NotAnswering, Unverifiable
from idp.franceconnect.upstreams import Upstream
from idp.oidc import key_set

log = structlog.get_logger(__name__)
FRESH = dt.timedelta(minutes=10)
USABLE = dt.timedelta(hours=24)
REFETCH = dt.timedelta(minutes=1)
"""An unknown `kid` has the key set asked for again, at most that often."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What discovery says, checked."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    sends_iss: bool


@dataclass(slots=True)
class _Kept:
    value: Any
    at: dt.datetime


class Directory:
    """Finds the endpoints and keys of one upstream."""

    def __init__(self, upstream: Upstream, calls: Calls) -> None:
        self._upstream, self._calls = upstream, calls
        self._lock = threading.Lock()
        self._metadata: _Kept | None = None
        self._keys: _Kept | None = None

    @property
    def _discovery(self) -> str:
        return self._upstream.issuer + "/.well-known/openid-configuration"

    def metadata(self) -> Metadata:
        """Raises NotAnswering when there is no copy of today, Unverifiable when it is not that upstream's document."""
        with self._lock:
            self._metadata = self._renewed(self._metadata, self._fetch_metadata)
            found: Metadata = self._metadata.value
            return found

    def keys(self, kid: str) -> Sequence[Mapping[str, Any]]:
        """The published keys; a `kid` that is not there has them fetched anew. Raises as `metadata` does."""
        uri = self.metadata().jwks_uri
        with self._lock:
            self._keys = self._renewed(self._keys, lambda: self._fetch_keys(uri))
            known = any(key.get("kid") == kid for key in self._keys.value)
            if not known and clock.now() - self._keys.at >= REFETCH:
                self._keys = _Kept(self._fetch_keys(uri), clock.now())
            found: Sequence[Mapping[str, Any]] = self._keys.value
            return found

    def answers(self) -> bool:
        """Whether the upstream answers at all: its discovery, else its keys. Asks now, whatever copies there are."""
        kept = self._metadata
        return any(self._is_there(url) for url in (self._discovery, kept.value.jwks_uri if kept else "") if url)

    def _is_there(self, url: str) -> bool:
        try:
            self._calls.get(url)
        except NotAnswering:
            return False
        return True

    def _renewed(self, kept: _Kept | None, fetch: Any) -> _Kept:
        now = clock.now()
        if kept is not None and now - kept.at < FRESH:
            return kept
        try:
            return _Kept(fetch(), now)
        except (NotAnswering, Unverifiable) as error:
            if kept is None or now - kept.at > USABLE:
                raise
            log.warning("upstream_copy_used", upstream=self._upstream.key, reason=error.reason, alarm=True)
            return kept

    def _fetch_metadata(self) -> Metadata:
        issuer = self._upstream.issuer
        document = self._fetch(self._discovery)
        if not isinstance(document, dict) or document.get("issuer") != issuer:
            raise Unverifiable(reason="issuer_of_discovery")
        addresses = {name: str(document.get(name, "")) for name in (*ENDPOINTS, "end_session_endpoint")}
        own = urlsplit(issuer)[:2]
        if any(urlsplit(addresses[name])[:2] != own for name in ENDPOINTS):
            raise Unverifiable(reason="endpoint_of_another_origin")
        if urlsplit(addresses["end_session_endpoint"])[:2] != own:
            addresses["end_session_endpoint"] = ""
        sends_iss = document.get("authorization_response_iss_parameter_supported") is True
        return Metadata(**addresses, sends_iss=sends_iss)

    def _fetch_keys(self, uri: str) -> Sequence[Mapping[str, Any]]:
        try:
            return key_set.check(self._fetch(uri))
        except key_set.InvalidKeySet:
            raise Unverifiable(reason="key_set") from None

    def _fetch(self, url: str) -> Any:
        answer = self._calls.get(url)
        if answer.status != 200:
            raise NotAnswering(reason=f"http_{answer.status}")
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise NotAnswering(reason="not_json") from None
