"""Wrong client authentications are counted, by client and address; a good one writes nothing (attack 40).

Each failure is one counted row and one audit record, until the limit: from then on this address is answered without
a look at what it presents. A process learns of a limit reached elsewhere with the next failure that it sees.
"""

import hashlib

import structlog

from idp.limits import network
from idp.provider.client_request import ClientRequest
from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty

log = structlog.get_logger(__name__)


def count(provider: Provider, client: RelyingParty, request: ClientRequest) -> None:
    """Count one failure; the one that reaches the limit blocks the pair and raises the alarm."""
    limits = provider.settings.clients
    key = hashlib.sha256(f"client\0{client.client_id}\0{network(request.address)}".encode()).digest()
    window = limits.failure_window_minutes * 60_000
    row = provider.hot.write(
        provider.sql.count, {"v_key": key, "v_now": request.now, "v_ends_at": request.now + window}
    )
    used, ends_at = row if row else (1, request.now + window)
    provider.record("client.authentication_failed", request.now, client_id=client.client_id, method=client.auth_method)
    if used >= limits.failures:
        provider.blocked.add(client.client_id, request.address, ends_at)
        log.error("client_authentication_blocked", alarm=True, client_id=client.client_id, failures=used)
