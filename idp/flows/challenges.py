"""Challenges of passkeys: random, for one use, in a flow of this browser, for one purpose (ATTACKS 107)."""

import datetime as dt
import secrets
from typing import Literal

from idp import clock
from idp.db import db
from idp.flows import service as flows
from idp.flows.errors import ChallengeGone
from idp.flows.models import Flow

LIFE = dt.timedelta(minutes=5)

Purpose = Literal["enrol_passkey", "log_in_by_passkey"]


def give(flow: Flow, purpose: Purpose) -> bytes:
    """A new challenge; the one before it is worth nothing from now on."""
    challenge = secrets.token_bytes(32)
    flows.write_state(flow, purpose, {"challenge": challenge.hex(), "at": clock.to_milliseconds(clock.now())})
    return challenge


def take(flow: Flow, purpose: Purpose) -> bytes:
    """The flow's challenge, which is used up by this, whatever is answered to it. The caller holds the flow's row.

    Commits, so that a crash of what comes next does not bring it back. Raises ChallengeGone.
    """
    state = flow.state.get(purpose) or {}
    flows.write_state(flow, purpose, {})
    db.session.commit()
    if "challenge" not in state or clock.from_milliseconds(state["at"]) + LIFE <= clock.now():
        raise ChallengeGone
    return bytes.fromhex(state["challenge"])
