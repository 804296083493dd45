"""What each key allows but not together."""

import ipaddress
from urllib.parse import parse_qs, urlsplit

from idp.settings.relying_parties import Mtls
from idp.settings.upstream import FranceConnect, UpstreamProvider
from idp.settings.whole import Settings


def find_contradictions(settings: Settings) -> list[str]:
    """What each key allows but not together."""
    problems = []
    issuer = urlsplit(settings.server.issuer)
    if issuer.scheme not in ("http", "https") or not issuer.hostname or issuer.query or issuer.fragment:
        problems.append("server.issuer: must be an https address without query or fragment")
    elif settings.server.issuer.endswith("/"):
        problems.append("server.issuer: must not end with a slash")
    elif issuer.scheme == "http" and not (settings.server.demo and is_loopback(settings.server.issuer)):
        problems.append("server.issuer: must be https (plain http works at 127.0.0.1 with server.demo = true only)")
    if settings.server.demo and not is_loopback(settings.server.issuer):
        problems.append("server.demo: only for an issuer at 127.0.0.1")
    problems += _mtls_problems(settings.mtls)
    problems += _database_problems(settings.database.url)
    if settings.sms.driver != "none" and not settings.sms.url:
        problems.append(f"sms.url: the {settings.sms.driver} gateway needs its address")
    if settings.sms.driver == "ovh" and not (settings.sms.consumer_key and settings.sms.service):
        problems.append("sms.consumer_key, sms.service: the ovh gateway needs both")
    for text in settings.fetching.private_addresses:
        if not _is_network(text):
            problems.append(f"fetching.private_addresses: {text} is neither an address nor a network")
    problems += _upstream_problems(settings)
    if settings.mail.security == "none" and settings.mail.host not in ("", "127.0.0.1", "::1", "localhost"):
        problems.append("mail.security: none is for a relay on this machine only")
    return problems


def _database_problems(url: str) -> list[str]:
    """A database over a network is spoken to by TLS, and its certificate verified (ATTACKS 137)."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    hosts = [parts.hostname, *query.get("host", ())]
    is_remote = any(host and not host.startswith("/") and not is_loopback(f"//{host}") for host in hosts)
    if not parts.scheme.startswith("postgresql") or not is_remote or query.get("sslmode") == ["verify-full"]:
        return []
    return ["database.url: a database on another machine needs sslmode=verify-full (and sslrootcert=FILE)"]


def _mtls_problems(mtls: Mtls) -> list[str]:
    problems = []
    if mtls.header and not mtls.proxies:
        problems.append("mtls.proxies: the addresses of the proxies that may send mtls.header")
    for text in mtls.proxies:
        if not _is_network(text):
            problems.append(f"mtls.proxies: {text} is neither an address nor a network")
    if mtls.endpoint_base and not mtls.endpoint_base.startswith("https://"):
        problems.append("mtls.endpoint_base: must be https")
    return problems


def _upstream_problems(settings: Settings) -> list[str]:
    problems = []
    sections: dict[str, FranceConnect | UpstreamProvider] = {
        "franceconnect": settings.franceconnect,
        "upstream": settings.upstream,
    }
    for name, upstream in sections.items():
        plain = upstream.issuer.startswith("http://") and settings.server.demo and is_loopback(upstream.issuer)
        if upstream.issuer and not (upstream.issuer.startswith("https://") or plain):
            problems.append(f"{name}.issuer: must be https (plain http at 127.0.0.1 with server.demo = true only)")
        if upstream.issuer and not upstream.client_id:
            problems.append(f"{name}.client_id: needed with an issuer")
    return problems


def is_loopback(url: str) -> bool:
    """Whether the URL's host is a loopback address."""
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
