"""Which releases of children's data are written down already, so that the next request costs nothing."""

import threading

DAY = 86_400_000


class ReleasesOfToday:
    """Pairs of account and client that this process has written down today: the next request costs nothing."""

    def __init__(self) -> None:
        self._day = 0
        self._known: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def is_new(self, account_id: str, client_id: str, now: int) -> bool:
        """Whether the pair is the first of its kind today, at an instant in milliseconds."""
        with self._lock:
            if now // DAY != self._day:
                self._day, self._known = now // DAY, set()
            if (account_id, client_id) in self._known:
                return False
            self._known.add((account_id, client_id))
            return True
