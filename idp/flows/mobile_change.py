"""A new mobile for an account: one of those that its schools hold, with a code sent to it.

No SMS goes to a number that was only typed, and a stolen session adds no key of its own (ATTACKS 86, 95;
docs/decisions/0007-contacts.md).
"""

from typing import Any

from sqlalchemy import select

from idp import audit, clock
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import codes, credentials, school_mobile
from idp.flows import service as flows
from idp.flows.errors import NoMatch, WrongStep
from idp.flows.models import Flow
from idp.registry import phones
from idp.registry.models import Responsable
from idp.settings import Sms

PART = "mobile_change"


def state_of(flow: Flow) -> dict[str, Any]:
    """The number that was chosen, whose account it is for, and the state of its code."""
    return dict(flow.state.get(PART, {}))


def choices(account: Account, settings: Sms) -> list[str]:
    """The mobiles that the account's schools hold and that it does not use yet; where codes may be sent."""
    ids = [held.responsable_id for held in account.responsables]
    held = select(Responsable.mobile).where(Responsable.id.in_(ids), Responsable.ended_at.is_(None)).distinct()
    current = account.mobile if account.mobile_verified_at else None
    numbers = [number for number in db.session.scalars(held) if number and number != current]
    return sorted(number for number in numbers if _may_be_sent_to(number, settings))


def send_code(flow: Flow, account: Account, mobile: str, key: bytes, wording: codes.Wording, settings: Sms) -> bool:
    """Send a code to one of the choices, unless one left a moment ago; tells whether one left.

    Raises NoMatch for another number, SmsStopped, TooManyCodes, TriesUsedUp.
    """
    if mobile not in choices(account, settings):
        raise NoMatch
    before = state_of(flow)
    if before.get("mobile") == mobile and codes.resend_at(before["code"], settings) > clock.now():
        return False
    code = codes.send(flow.id, mobile, key, wording, settings)
    codes.forget(before.get("code"))
    flows.write_state(flow, PART, {"mobile": mobile, "account_id": account.id, "code": code})
    return True


def confirm(flow: Flow, account: Account, typed: str, key: bytes, settings: Sms) -> str:
    """Accept the six digits: the number is the account's, verified. Gives the number.

    Raises WrongCode, CodeExpired, CodeKilled, TriesUsedUp; WrongStep for another account's flow (ATTACKS 80), or when
    the school took the number back meanwhile.
    """
    state = state_of(flow)
    if state.get("account_id") != account.id or state["mobile"] not in choices(account, settings):
        raise WrongStep
    code = dict(state["code"])
    try:
        codes.check(code, flow.id, state["mobile"], typed, key, settings)
    except Refusal:
        flows.write_state(flow, PART, {**state, "code": code})
        raise
    codes.forget(code)
    now = clock.now()
    account.mobile, account.mobile_verified_at, account.updated_at = state["mobile"], now, now
    flows.end(flow, account.id)
    audit.record("account.mobile_changed", account_id=account.id)
    return account.mobile


def tell_owner(account: Account, shown: str, language: str) -> None:
    """Mail the owner about the new number, of which `shown` hides most."""
    credentials.tell_owner(account, "mobile_changed", language=language, mobile=shown)


def _may_be_sent_to(number: str, settings: Sms) -> bool:
    return bool(school_mobile.number_of(phones.parse(number), settings))
