"""Faults that a test or a person switches on: each by its name, for some uses, or for one relying party's flow."""

import threading
from dataclasses import dataclass

NAMES: dict[str, str] = {
    "sig_bad": "signature by nobody's key",
    "alg_none": "unsigned, alg none",
    "alg_hs256_with_public_key": "HS256 with the public key as secret",
    "alg_other": "the other asymmetric algorithm than the one registered",
    "kid_unknown": "a kid that the key set does not have",
    "kid_absent": "no kid",
    "jwks_500": "the key set answers 500",
    "jwks_empty": "the key set holds no key",
    "discovery_500": "discovery answers 500",
    "discovery_issuer_other": "discovery names another issuer",
    "iss_other": "ID token of another issuer",
    "iss_callback_other": "callback with another iss",
    "iss_callback_absent": "callback without iss",
    "aud_other": "ID token for another service",
    "aud_two": "ID token for two services",
    "azp_other": "ID token made for another party than the one it names",
    "nonce_other": "another nonce",
    "nonce_absent": "no nonce",
    "acr_absent": "no acr",
    "acr_other": "an acr below the one asked",
    "exp_past": "ID token that has ended",
    "iat_future": "ID token of the future",
    "state_other": "callback with another state",
    "state_absent": "callback without state",
    "code_replayed": "the code has been used",
    "code_expired": "the code has ended",
    "token_500": "the token endpoint answers 500",
    "token_html": "the token endpoint answers with a page",
    "token_slow": "the token endpoint waits VALUE seconds",
    "token_drop": "the token endpoint closes the connection",
    "userinfo_500": "userinfo answers 500",
    "userinfo_json": "userinfo answers with plain JSON",
    "userinfo_slow": "userinfo waits VALUE seconds",
    "userinfo_sub_other": "userinfo of somebody else",
    "userinfo_aud_other": "userinfo for another service",
    "userinfo_expired": "userinfo that has ended",
    "userinfo_huge": "userinfo of 1 MB",
    "claim_missing": "userinfo without the claim VALUE",
    "claim_control_char": "a control character in the family name",
    "birthplace_null": "birthplace is null",
    "access_denied": "the authorization request is answered with access_denied",
    "server_error": "the authorization request is answered with server_error",
    "session_lost": "logout finds no session",
    "logout_state_other": "logout comes back with another state",
    "slow_all": "every answer waits VALUE seconds",
    "down": "the port is closed",
}
"""Faults of a signed token (sig_bad to kid_absent) concern the ID token, or userinfo when VALUE is `userinfo`."""


class UnknownFault(Exception):
    """No fault of that name."""


@dataclass(slots=True)
class Fault:
    """A fault that is on. `left` is None until it is cleared; `state` is that of the one flow it concerns."""

    name: str
    value: str = ""
    left: int | None = None
    state: str = ""


class Faults:
    """Those that are on now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on: dict[str, Fault] = {}

    def set(self, name: str, value: str = "", times: int | None = None, state: str = "") -> Fault:
        """Switch one on. Raises UnknownFault."""
        if name not in NAMES:
            raise UnknownFault(name)
        fault = Fault(name, value, times, state)
        with self._lock:
            self._on[name] = fault
        return fault

    def clear(self, name: str = "") -> None:
        """Switch one off, or all."""
        with self._lock:
            if name:
                self._on.pop(name, None)
            else:
                self._on.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._on.values())

    def take(self, name: str, state: str = "", *, value: str | None = None) -> Fault | None:
        """The fault, when it is on for this flow (and has that value, if one is asked); one use is counted."""
        with self._lock:
            fault = self._on.get(name)
            if fault is None or (fault.state and fault.state != state):
                return None
            if value is not None and fault.value != value:
                return None
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    del self._on[name]
            return fault

    def seconds(self, name: str, state: str = "") -> float:
        """How long to wait for a fault that slows."""
        fault = self.take(name, state)
        return float(fault.value or 1) if fault else 0.0
