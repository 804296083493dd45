"""What the protocol needs to know of a request that a client sends by itself; its certificate, if the proxy is ours."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog

from idp import clock
from idp.oidc.client_certificate import READERS, ClientCertificate, InvalidCertificate
from idp.oidc.errors import invalid_request
from idp.oidc.request import Parameters
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.settings import Mtls
from idp.web.http import HttpRequest

log = structlog.get_logger(__name__)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_request(provider: Provider, http: HttpRequest, parameters: Parameters) -> ClientRequest:
    """The request without its framework. Raises invalid_request for a header that holds no certificate."""
    environ, mtls = http.environ, provider.settings.mtls
    return ClientRequest(
        parameters=parameters,
        now=clock.milliseconds(),
        url=provider.issuer + http.path,
        method=http.method,
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        dpop=environ.get("HTTP_DPOP", ""),
        address=environ.get("REMOTE_ADDR", ""),
        accept=environ.get("HTTP_ACCEPT", ""),
        certificate=find_certificate(mtls, environ) if mtls.header else None,
    )


def find_certificate(mtls: Mtls, environ: Mapping[str, Any]) -> ClientCertificate | None:
    """The certificate that a trusted proxy passes; the header of anybody else is dropped (attack 132)."""
    value = environ.get(_variable(mtls.header), "")
    if not value:
        return None
    # The peer itself, not the address that X-Forwarded-For names.
    peer = environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR", "")
    if not _is_trusted(peer, mtls.proxies):
        log.warning("certificate_header_dropped", alarm=True)
        return None
    try:
        der = READERS[mtls.format](value)
    except InvalidCertificate:
        raise invalid_request("the client certificate cannot be read") from None
    verdict = environ.get(_variable(mtls.verdict_header), "") if mtls.verdict_header else ""
    return ClientCertificate(der, chain_verified=verdict == "SUCCESS")


def _variable(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in proxies)


def _is_trusted(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in _networks(proxies))
