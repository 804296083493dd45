"""Login at every upstream that is on: one object for the process."""

from dataclasses import dataclass

from idp.franceconnect import authorization, callback
from idp.franceconnect.authorization import Pending
from idp.franceconnect.callback import Exchange, Login, Sign
from idp.franceconnect.calls import Answer, Calls
from idp.franceconnect.directory import Directory
from idp.franceconnect.upstreams import Upstream, from_settings
from idp.oidc.request import Parameters
from idp.settings import Settings

CALLBACK_SECONDS = 12.0
"""All that a parent waits for on the way back."""


@dataclass(frozen=True, slots=True)
class _One:
    upstream: Upstream
    calls: Calls
    directory: Directory
    exchange: Exchange


class UpstreamLogins:
    """Begins and ends logins upstream."""

    def __init__(self, settings: Settings, sign: Sign) -> None:
        self._all: dict[str, _One] = {}
        for key, upstream in from_settings(settings).items():
            calls = Calls()
            directory = Directory(upstream, calls)
            self._all[key] = _One(upstream, calls, directory, Exchange(upstream, directory, calls, sign))

    @property
    def upstreams(self) -> list[Upstream]:
        """Those that are on."""
        return [one.upstream for one in self._all.values()]

    def find(self, key: str) -> Upstream | None:
        """The upstream of that key."""
        return self._all[key].upstream if key in self._all else None

    def get(self, key: str) -> Upstream:
        """The upstream of that key, which is on."""
        return self._all[key].upstream

    def is_down(self, key: str) -> bool:
        """Whether the upstream has not answered this process lately."""
        return self._all[key].calls.circuit.is_open

    def answers(self, key: str) -> bool:
        """Whether the upstream answers now. Asks it."""
        return self._all[key].directory.answers()

    def probe(self, key: str, redirect_uri: str) -> Answer:
        """What it says to an authorization request of ours that nobody goes on with. Raises UpstreamRefusal."""
        _, location = self.begin(key, redirect_uri, flow_id="probe", known=False)
        return self._all[key].calls.get(location)

    def begin(self, key: str, redirect_uri: str, *, flow_id: str, known: bool) -> tuple[Pending, str]:
        """What the flow must remember, and where the browser goes. Raises NotAnswering, Unverifiable."""
        one = self._all[key]
        pending = authorization.begin(one.upstream, redirect_uri, flow_id)
        return pending, authorization.location(one.upstream, one.directory.metadata(), pending, known=known)

    def finish(self, pending: Pending, parameters: Parameters) -> Login:
        """The proven login of a callback. Raises UpstreamRefusal."""
        one = self._all[pending.upstream]
        with one.calls.within(CALLBACK_SECONDS):
            code = callback.check_response(one.upstream, one.directory.metadata(), pending, parameters)
            return one.exchange.redeem(code, pending)

    def logout_address(self, key: str) -> str:
        """The upstream's end_session_endpoint; empty when it has none or does not answer. Raises UpstreamRefusal."""
        return self._all[key].directory.metadata().end_session_endpoint
