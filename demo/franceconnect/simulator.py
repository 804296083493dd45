"""What every part of the simulator stands on."""

import threading
from urllib.parse import urlencode

from demo.franceconnect import identities
from demo.franceconnect.clock import Clock
from demo.franceconnect.config import Config
from demo.franceconnect.errors import RedirectError
from demo.franceconnect.faults import Faults
from demo.franceconnect.keys import Keys
from demo.franceconnect.memory import Interaction, Memory
from demo.franceconnect.tokens import Signer


class Simulator:
    """One running platform."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock()
        self.faults = Faults()
        self.keys = Keys(config.data)
        self.memory = Memory(self.clock)
        self.people = identities.load(config.identities)
        self.signer = Signer(self.keys, self.faults)
        self.stopping = threading.Event()

    def wait(self, name: str, state: str = "") -> None:
        """Hold the answer back while a fault that slows is on; a stop ends the wait."""
        if seconds := self.faults.seconds(name, state):
            self.stopping.wait(seconds)

    def seconds_now(self) -> int:
        return int(self.clock.now())

    def callback(self, interaction: Interaction, code: str) -> str:
        """The address that takes a code back to the service."""
        return self._answer(interaction.redirect_uri, interaction.state, {"code": code})

    def refusal(self, error: RedirectError) -> str:
        """The address that takes an error back to the service."""
        told = {"error": error.error, "error_description": error.description}
        return self._answer(error.redirect_uri, error.state, told)

    def _answer(self, redirect_uri: str, state: str, parameters: dict[str, str]) -> str:
        answer = {**parameters, "state": state, "iss": self.config.issuer}
        if self.faults.take("state_other", state):
            answer["state"] = "autre"
        if self.faults.take("state_absent", state):
            del answer["state"]
        if self.faults.take("iss_callback_other", state):
            answer["iss"] = "https://autre.example/api/v2"
        if self.faults.take("iss_callback_absent", state):
            del answer["iss"]
        separator = "&" if "?" in redirect_uri else "?"
        return redirect_uri + separator + urlencode(answer)
