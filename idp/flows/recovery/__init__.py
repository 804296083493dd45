"""Recovery: a lost identifiant, a lost password. Source: parents' guide, «Comment s'auto-dépanner ?».

A request writes the same rows whoever it is about (`requests`, `sms`); the worker does what differs (`mails`); a link
or a code is a proof, and a proof sets a new password (`reset`).
"""

from typing import Any

from idp.flows import service as flows
from idp.flows.models import Flow

PART = "recovery"


def state_of(flow: Flow) -> dict[str, Any]:
    """What was asked for and proved so far."""
    return dict(flow.state.get(PART, {}))


def write(flow: Flow, **parts: Any) -> None:
    """Replace parts of the state; None takes a part away."""
    state = {name: value for name, value in {**state_of(flow), **parts}.items() if value is not None}
    flows.write_state(flow, PART, state)
