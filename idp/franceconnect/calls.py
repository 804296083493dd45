"""Calls to an upstream: timeouts always, one size limit, and a circuit that opens when it does not answer."""

import datetime as dt
import math
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from idp import clock
from idp.franceconnect.errors import NotAnswering

CONNECT_SECONDS = 2.0
WHOLE_SECONDS = 5.0
"""Of one call; a callback, which makes up to four, has a limit of its own (`within`)."""
MAXIMUM_BYTES = 64 * 1024
FAILURES, WINDOW, OPEN = 5, dt.timedelta(minutes=1), dt.timedelta(seconds=60)
"""That many failures within the window open the circuit, for that long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, within the limits."""

    status: int
    content_type: str
    body: bytes
    location: str = ""


class Circuit:
    """Counts failures; while it is open nothing is asked, and the login page says so instead of a button."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: deque[dt.datetime] = deque(maxlen=FAILURES)
        self._open_until: dt.datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while the upstream is left alone."""
        return self._open_until is not None and clock.now() < self._open_until

    def failed(self) -> None:
        with self._lock:
            now = clock.now()
            self._failures.append(now)
            if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
                self._open_until = now + OPEN
                self._failures.clear()

    def answered(self) -> None:
        with self._lock:
            self._failures.clear()
            self._open_until = None


class Calls:
    """Asks one upstream. A request that may have been received is never sent again: a code serves once."""

    def __init__(self) -> None:
        self.circuit = Circuit()
        # `retries` concerns connections that could not be opened, and nothing that was sent.
        transport = httpx.HTTPTransport(retries=1, trust_env=False)
        self._client = httpx.Client(transport=transport, follow_redirects=False, trust_env=False)
        self._ends = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All calls of this thread in the block end in that time together."""
        self._ends.at = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._ends.at

    def get(self, url: str, *, bearer: str = "") -> Answer:
        """Raises NotAnswering."""
        return self._ask("GET", url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})

    def post(self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> Answer:
        """Raises NotAnswering."""
        return self._ask("POST", url, form=form, basic=basic)

    def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Answer:
        if self.circuit.is_open:
            raise NotAnswering(reason="circuit_open")
        auth = httpx.BasicAuth(*basic) if basic else None
        seconds = min(WHOLE_SECONDS, getattr(self._ends, "at", math.inf) - time.monotonic())
        if seconds <= 0:
            raise NotAnswering(reason="too_slow_in_all")
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        deadline = time.monotonic() + seconds
        try:
            with self._client.stream(method, url, headers=headers, data=form, auth=auth, timeout=timeout) as response:
                body, location = _read(response, deadline), response.headers.get("Location", "")
                answer = Answer(response.status_code, _media_type(response), body, location)
        except httpx.HTTPError as error:
            self.circuit.failed()
            raise NotAnswering(reason=type(error).__name__) from error
        if answer.status >= 500:
            self.circuit.failed()
            raise NotAnswering(reason=f"http_{answer.status}")
        self.circuit.answered()
        return answer


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _read(response: httpx.Response, deadline: float) -> bytes:
    """The body, up to the limit and the deadline: a slow drip is no answer."""
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > MAXIMUM_BYTES:
            raise httpx.DecodingError("too large")
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
    return bytes(body)
