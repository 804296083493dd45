"""What was granted, as the client may have it today: an administrator may disable it, or take scopes from it."""

from idp.provider.core import Provider
from idp.relying_parties.cache import RelyingParty


def still_granted(client: RelyingParty, scope: str) -> str:
    """The granted scope without what the client may not have any more; `openid` is everybody's."""
    names = scope.split()
    if client.scopes.issuperset(names):
        return scope
    return " ".join(name for name in names if name in client.scopes or name == "openid")


def find_live_grant(provider: Provider, grant_id: str, now: int) -> tuple[str, RelyingParty, int] | None:
    """Account, holder and generation of a grant that lives.

    The holder is the client to which the account gave it: of an exchanged token another than its client (RFC 8693).
    """
    row = provider.hot.read(provider.sql.live_grant, {"v_id": grant_id, "v_now": now})
    if row is None:
        return None
    account_id, holder_id, generation, given_at = row
    holder = provider.clients.find(holder_id)
    return (account_id, holder, generation) if holder is not None and holder.still_holds(given_at) else None
