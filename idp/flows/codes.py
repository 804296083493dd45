"""Six-digit codes by SMS: send, send again, check, expire, kill. One process for every journey that needs a code.

The state of a code is a small dictionary that its flow stores; of the code itself it holds an HMAC under a key of its
own, bound to the flow and to the number (ARCHITECTURE, decision 4).
"""

import datetime as dt
import hmac
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from idp import audit, clock, limits, switches
from idp.db import sealing
from idp.delivery import outbox
from idp.flows.errors import CodeExpired, CodeKilled, SmsStopped, TooManyCodes, TriesUsedUp, WrongCode
from idp.registry import matching
from idp.settings import Sms

log = structlog.get_logger(__name__)

HOUR, DAY = 3600, 86_400
BUDGET = "sms:budget"
PRETENDED = "sms:pretended"

CodeState = dict[str, Any]
Wording = Callable[[str], str]
"""Gives the SMS for a code."""


def load_key(directory: str) -> bytes:
    """The key of codes, derived from `sealing.key`: replicas that hold the same key folder know each other's codes."""
    return hmac.digest(sealing.load_key(Path(directory)), b"codes", "sha256")


def send(flow_id: str, mobile: str, key: bytes, wording: Wording, settings: Sms) -> CodeState:
    """Send a new code and give its state; the caller forgets the code before it, which so dies.

    Raises SmsStopped, TriesUsedUp, TooManyCodes.
    """
    code = _new_code(mobile, settings, BUDGET)
    state = _state(_digest(key, flow_id, mobile, code), settings)
    sms = outbox.queue("sms", mobile, {"text": wording(code)}, purpose="code", expires_at=ends_at(state))
    state["message_id"] = sms.id
    audit.record("code.sent", flow_id=flow_id)
    return state


def pretend(flow_id: str, target: str, key: bytes, wording: Wording, settings: Sms) -> CodeState:
    """The work of `send` where there is no number to send to: same checks, same rows, a code that nobody can type.

    Raises as `send` does (ATTACKS 88).
    """
    code = _new_code(target, settings, PRETENDED)
    state = _state(_digest(secrets.token_bytes(32), flow_id, target, code), settings)
    row = outbox.queue(outbox.LATER, "-", {"text": wording(code)}, purpose="nothing", expires_at=ends_at(state))
    state["message_id"] = row.id
    audit.record("code.withheld", flow_id=flow_id)
    return state


def forget(state: CodeState | None) -> None:
    """A code that was typed, or that another follows: its SMS, if the gateway did not take it yet, leaves no more."""
    if state and "message_id" in state:
        outbox.withdraw(state["message_id"])


def unmatched(settings: Sms) -> CodeState:
    """The state of a code that did not leave and that nobody can type."""
    return _state(secrets.token_hex(32), settings)


def resend_at(state: CodeState, settings: Sms) -> dt.datetime:
    """When a new code may be asked for."""
    return clock.from_milliseconds(state["sent_at"]) + dt.timedelta(seconds=settings.resend_after_seconds)


def ends_at(state: CodeState) -> dt.datetime:
    """When the code expires."""
    return clock.from_milliseconds(state["ends_at"])


def has_expired(state: CodeState) -> bool:
    """True once the code's life is over."""
    return ends_at(state) <= clock.now()


def is_alive(state: CodeState | None, settings: Sms) -> bool:
    """True while the code can still be typed."""
    return state is not None and state["wrong"] < settings.code_tries and ends_at(state) > clock.now()


def check(state: CodeState, flow_id: str, mobile: str, typed: str, key: bytes, settings: Sms) -> None:
    """Accept the six digits; a wrong try is counted in `state`, which the caller stores.

    A school that takes the number away meanwhile ends the code (ATTACKS 123). Raises CodeExpired, CodeKilled at the
    last wrong try and after it, TriesUsedUp (ends_at) at the last one of the number's day, WrongCode (tries_left).
    """
    if has_expired(state) or matching.was_taken_away(mobile, clock.from_milliseconds(state["sent_at"])):
        raise CodeExpired
    if state["wrong"] >= settings.code_tries:
        raise CodeKilled
    # Counts nothing, but holds the counter: of guesses made at once, no more are looked at than tries are left.
    limits.hit(_tries(mobile), limit=settings.tries_per_number_per_day, window_seconds=DAY, amount=0)
    _check_tries(mobile, settings)
    digits = re.sub(r"\s", "", typed)
    if digits.isascii() and hmac.compare_digest(_digest(key, flow_id, mobile, digits), state["digest"]):
        return
    state["wrong"] += 1
    limits.hit(_tries(mobile), limit=settings.tries_per_number_per_day, window_seconds=DAY)
    audit.record("code.wrong", flow_id=flow_id)
    _check_tries(mobile, settings)
    if state["wrong"] >= settings.code_tries:
        raise CodeKilled
    raise WrongCode(tries_left=settings.code_tries - state["wrong"])


def _new_code(target: str, settings: Sms, budget: str) -> str:
    if not settings.enabled or switches.is_off("sms"):
        raise SmsStopped
    _check_tries(target, settings)  # A code that nobody may type is not sent.
    _count(target, settings, budget)
    return f"{secrets.randbelow(1_000_000):06}"


def _check_tries(target: str, settings: Sms) -> None:
    """Raises TriesUsedUp while the number's wrong tries of a day are."""
    if limits.used(_tries(target)) >= settings.tries_per_number_per_day:
        raise TriesUsedUp(ends_at=clock.now() + dt.timedelta(seconds=limits.seconds_left(_tries(target))))


def _tries(target: str) -> str:
    return f"sms:tries:{target}"


def _state(digest: str, settings: Sms) -> CodeState:
    now = clock.now()
    return {
        "digest": digest,
        "sent_at": clock.to_milliseconds(now),
        "ends_at": clock.to_milliseconds(now + dt.timedelta(minutes=settings.code_lifetime_minutes)),
        "wrong": 0,
    }


def _digest(key: bytes, flow_id: str, mobile: str, code: str) -> str:
    return hmac.digest(key, f"{flow_id}|{mobile}|{code}".encode(), "sha256").hex()


def _count(target: str, settings: Sms, budget: str) -> None:
    """Count one SMS against the number and the site; nothing is counted when one of them is full.

    What only pretends to be sent uses a budget of its own, and stops with the real one.
    """
    windows = ((f"sms:hour:{target}", settings.per_number_per_hour), (f"sms:day:{target}", settings.per_number_per_day))
    full = [limits.seconds_left(key) for key, limit in windows if limits.used(key) >= limit]
    if full:
        raise TooManyCodes(ends_at=clock.now() + dt.timedelta(seconds=max(full)))
    fits = limits.hit(budget, limit=settings.budget_per_hour, window_seconds=HOUR)
    spent = limits.used(BUDGET)
    if not fits or (budget != BUDGET and spent >= settings.budget_per_hour):
        log.error("sms_budget_used_up", alarm=True, budget=settings.budget_per_hour)
        raise SmsStopped
    if spent * 100 >= settings.budget_per_hour * settings.alarm_percent:
        log.warning("sms_budget_low", alarm=True, used=spent, budget=settings.budget_per_hour)
    for (key, limit), seconds in zip(windows, (HOUR, DAY), strict=True):
        if not limits.hit(key, limit=limit, window_seconds=seconds):
            raise TooManyCodes(ends_at=clock.now() + dt.timedelta(seconds=limits.seconds_left(key)))
