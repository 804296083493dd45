"""Connections to public addresses only: the very address that was checked is the one connected to.

The name is resolved once, here, so that a second answer of the DNS (rebinding) is never asked for (attacks 19, 55).
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class AddressRefused(httpcore.ConnectError):
    """The name has no address, or one that may not be reached."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a host, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether the address is of the open Internet, with the IPv4 address that an IPv6 one may carry."""
    carried: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        carried += [other for other in (address.ipv4_mapped, address.sixtofour) if other is not None]
        carried += address.teredo or ()
        if address in NAT64:
            carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            carried.remove(address)
    return all(_is_global(one) for one in carried)


def _is_global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Deadline:
    """An instant of the process's clock by which all must be done."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises httpcore.ReadTimeout when there are none."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the whole took too long")
        return seconds


class TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline: a server that answers drop by drop holds nobody."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to addresses that are public, or in one of the `allowed` networks."""

    def __init__(self, deadline: Deadline, allowed: Iterable[Network], resolve: Resolve) -> None:
        self._deadline = deadline
        self._allowed = tuple(allowed)
        self._resolve = resolve
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers."""
        failure: Exception | None = None
        for address in self._checked(host, port):
            try:
                stream = self._system.connect_tcp(address, port, self._deadline.left(), None, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return TimedStream(stream, self._deadline)
        raise failure or AddressRefused("no address")

    def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            found = _within(self._deadline.left(), lambda: self._resolve(host, port))
            parsed = [ipaddress.ip_address(text) for text in found]
        except (OSError, ValueError, UnicodeError) as error:
            raise AddressRefused("the name cannot be resolved") from error
        if not parsed or not all(self._may_reach(address) for address in parsed):
            raise AddressRefused("the address is not public")
        return found

    def _may_reach(self, address: Address) -> bool:
        return is_public(address) or any(address in network for network in self._allowed)


def _within(seconds: float, look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """The look-up's outcome; the system's resolver takes no deadline, so a thread of its own waits for it."""
    outcome: Future[Sequence[str]] = Future()

    def run() -> None:
        try:
            outcome.set_result(look_up())
        except Exception as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="resolve", daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        raise httpcore.ConnectTimeout("the name took too long to resolve") from None
