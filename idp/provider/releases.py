"""What of the children went to whom, in the audit log: once a day for an account and a client (attack 49)."""

from idp import clock
from idp.provider.core import Provider


def note_birth_dates(provider: Provider, account_id: str, client_id: str, children: int) -> None:
    """Write down that a client got the children's birth dates; how many children, never which dates."""
    now = clock.milliseconds()
    if provider.releases.is_new(account_id, client_id, now):
        provider.record(
            "claims.birth_dates_released", now, account_id=account_id, client_id=client_id, children=children
        )
