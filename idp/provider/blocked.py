"""Who is answered no more for a while: kept in the process, so that a good request writes and reads nothing."""

from idp.limits import network

MAXIMUM = 10_000


class BlockedAddresses:
    """Pairs of client and address that this process answers no more, each until an instant in milliseconds."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], int] = {}

    def holds(self, client_id: str, address: str, now: int) -> bool:
        """Whether the pair is blocked at that instant."""
        if not self._until:
            return False
        key = (client_id, network(address))
        until = self._until.get(key)
        if until is not None and until <= now:
            self._until.pop(key, None)
            return False
        return until is not None

    def add(self, client_id: str, address: str, until: int) -> None:
        """Block the pair."""
        if len(self._until) >= MAXIMUM:
            self._until.clear()
        self._until[client_id, network(address)] = until
