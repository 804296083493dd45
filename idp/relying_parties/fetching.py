"""The guarded fetcher: the one way in which the provider asks an address that somebody registered (attacks 19, 55).

https only, a public address checked and pinned when connecting, no redirect, no proxy, a ceiling on size and time.
"""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import orjson

from idp.errors import ConfigurationError
from idp.relying_parties import addresses
from idp.relying_parties.addresses import Deadline, GuardedBackend, Resolve
from idp.settings import Fetching

DEMO_HOSTS = ("127.0.0.1", "::1")
ASKING_FAILED = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    # A name that is no IDNA.
    UnicodeError,
)


class NotFetched(Exception):
    """The address was not asked, or did not answer as it must; `reason` is for the log, in few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer within the ceilings; `content_type` in lower case, without parameters."""

    status: int
    content_type: str
    body: bytes


@cache
def _trust(ca_file: str) -> ssl.SSLContext:
    """The authorities that we know, read once a process. Raises ConfigurationError when the bundle cannot be read."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ConfigurationError([f"fetching.ca_file: cannot be read: {error}"]) from error
    return context


class Fetcher:
    """Asks registered addresses. `demo` lets plain http work at 127.0.0.1."""

    def __init__(self, settings: Fetching, *, demo: bool = False, resolve: Resolve = addresses.resolve) -> None:
        """Raises ConfigurationError when the CA bundle cannot be read."""
        self._settings = settings
        self._demo = demo
        self._resolve = resolve
        self._allowed = [ipaddress.ip_network(text, strict=False) for text in settings.private_addresses]
        if demo:
            self._allowed += addresses.LOOPBACK
        self._tls = _trust(settings.ca_file)

    def get(self, url: str, *, accept: str = "application/json", maximum_kib: int = 0) -> Fetched:
        """The document at that address. Raises NotFetched, also for any status but 200."""
        answer = self._ask("GET", url, {"Accept": accept}, b"", maximum_kib or self._settings.maximum_kib)
        if answer.status != 200:
            raise NotFetched(f"HTTP {answer.status}")
        return answer

    def get_json(self, url: str) -> Any:
        """The JSON document at that address. Raises NotFetched."""
        try:
            return orjson.loads(self.get(url).body)
        except orjson.JSONDecodeError:
            raise NotFetched("not JSON") from None

    def post_form(self, url: str, fields: Mapping[str, str]) -> Fetched:
        """The answer to a form, whatever its status. Raises NotFetched when there is none."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
        body = str(httpx.QueryParams(fields)).encode()
        return self._ask("POST", url, headers, body, self._settings.maximum_kib)

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes, maximum_kib: int) -> Fetched:
        self._check(url)
        deadline = Deadline(self._settings.timeout_seconds)
        transport = httpx.HTTPTransport(verify=self._tls, trust_env=False)
        # httpx has no setting for the network below it; its transport is a thin dress around this pool.
        backend = GuardedBackend(deadline, self._allowed, self._resolve)
        transport._pool = httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend, retries=0)
        sent = {"User-Agent": "idp", "Accept-Encoding": "identity", **headers}
        options: dict[str, Any] = {"trust_env": False, "follow_redirects": False, "transport": transport}
        try:
            with (
                httpx.Client(timeout=self._settings.timeout_seconds, **options) as client,
                client.stream(method, url, headers=sent, content=body or None) as answer,
            ):
                content_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return Fetched(answer.status_code, content_type, _read(answer, maximum_kib * 1024))
        except ASKING_FAILED as error:
            raise NotFetched(_reason(error)) from error

    def _check(self, url: str) -> None:
        """https, a host, nobody's name and password. Raises NotFetched."""
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 - raises ValueError when it is no number
        except ValueError:
            raise NotFetched("not a URL") from None
        plain = self._demo and parts.scheme == "http" and parts.hostname in DEMO_HOSTS
        if not url.isascii() or not url.isprintable() or not parts.hostname or "@" in parts.netloc:
            raise NotFetched("not a URL")
        if parts.scheme != "https" and not plain:
            raise NotFetched("not https")


def _read(answer: httpx.Response, ceiling: int) -> bytes:
    """The body as it was sent: what is compressed is refused, since little may become much."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotFetched("compressed")
    if answer.is_redirect:
        return b""
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > ceiling:
            raise NotFetched("too large")
    return bytes(body)


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return "too slow"
    cause = error.__cause__ or error
    return str(cause) if isinstance(cause, addresses.AddressRefused) else type(error).__name__
