"""The step «code» of a journey: a six-digit code to the mobile that the journey's part of the flow holds.

The part holds `mobile`; this writes `code`, then `code_confirmed_at`.
"""

from typing import Any

from idp import clock
from idp.errors import Refusal
from idp.flows import codes
from idp.flows import service as flows
from idp.flows.errors import WrongStep
from idp.flows.models import Flow
from idp.settings import Sms


def state_of(flow: Flow, part: str) -> dict[str, Any]:
    """What the journey's steps proved so far."""
    return dict(flow.state.get(part, {}))


def is_confirmed(flow: Flow, part: str) -> bool:
    """Whether the code was typed."""
    return bool(state_of(flow, part).get("code_confirmed_at"))


def send(flow: Flow, part: str, key: bytes, wording: codes.Wording, settings: Sms) -> bool:
    """Send a code, unless one left a moment ago (a double click pays one SMS); tells whether one left.

    Raises SmsStopped, TooManyCodes, TriesUsedUp, WrongStep.
    """
    state = state_of(flow, part)
    if "mobile" not in state or is_confirmed(flow, part):
        raise WrongStep
    sent = state.get("code")
    if sent and codes.resend_at(sent, settings) > clock.now():
        return False
    state["code"] = codes.send(flow.id, state["mobile"], key, wording, settings)
    codes.forget(sent)
    flows.write_state(flow, part, state)
    return True


def confirm(flow: Flow, part: str, typed: str, key: bytes, settings: Sms) -> None:
    """Accept the six digits. Raises WrongCode (tries_left), CodeExpired, CodeKilled, TriesUsedUp, WrongStep."""
    state = state_of(flow, part)
    if "code" not in state or is_confirmed(flow, part):
        raise WrongStep
    code = dict(state["code"])
    try:
        codes.check(code, flow.id, state["mobile"], typed, key, settings)
        state["code_confirmed_at"] = clock.to_milliseconds(clock.now())
        codes.forget(state.pop("code"))
    except Refusal:
        state["code"] = code
        raise
    finally:
        flows.write_state(flow, part, state)
