"""Recovery by SMS, where the account has a verified mobile: a code, then a new password.

The codes, their limits and their death are those of every journey (`codes`). Where there is no such account or no
verified mobile, the same work is done without a number (ATTACKS 88).
"""

from idp import audit, clock
from idp.accounts.models import MAY_LOG_IN, Account
from idp.errors import Refusal
from idp.flows import codes, recovery
from idp.flows.errors import TooManyCodes, WrongStep
from idp.flows.models import Flow
from idp.flows.recovery import reset
from idp.flows.recovery.requests import account_of, check_source, target_of
from idp.settings import Settings


def ask_code(flow: Flow, typed: str, source: str, key: bytes, wording: codes.Wording, settings: Settings) -> bool:
    """Send a code to the verified mobile of an identifiant, unless one left a moment ago; tells whether one left.

    The flow keeps the outcome: sent, no_mobile or unknown. Raises TooManyRequests, SmsStopped, and with explicit
    answers TooManyCodes and TriesUsedUp.
    """
    check_source(source, settings.recovery)
    account = account_of(typed)
    reachable = account is not None and can_receive(account)
    mobile = account.mobile if account and reachable and account.mobile else target_of(account, typed)
    before = recovery.state_of(flow).get("sms", {})
    if before.get("target") == mobile and codes.resend_at(before["code"], settings.sms) > clock.now():
        return False
    outcome = "unknown" if account is None else "sent" if reachable else "no_mobile"
    send = codes.send if reachable else codes.pretend
    try:
        code = send(flow.id, mobile, key, wording, settings.sms)
    except TooManyCodes:
        if settings.recovery.enumeration == "explicit":
            raise
        code = _pretend(flow, target_of(account, typed), key, wording, settings)
    codes.forget(before.get("code"))
    audit.record("recovery.code_asked", account_id=account.id if account else None, flow_id=flow.id, outcome=outcome)
    sms = {
        "outcome": outcome,
        "target": mobile,
        "account_id": account.id if account and reachable else None,
        "typed": typed,
        "code": code,
    }
    recovery.write(flow, sms=sms)
    return True


def _pretend(flow: Flow, target: str, key: bytes, wording: codes.Wording, settings: Settings) -> codes.CodeState:
    """A code that nobody can type, for a number that got all its codes: the page and the work stay the same."""
    try:
        return codes.pretend(flow.id, target, key, wording, settings.sms)
    except TooManyCodes:
        return codes.unmatched(settings.sms)


def confirm_code(flow: Flow, typed: str, key: bytes, settings: Settings) -> None:
    """Accept the six digits: a proof, good for one new password.

    Raises WrongCode, CodeExpired, CodeKilled, TriesUsedUp, WrongStep.
    """
    sms = recovery.state_of(flow).get("sms")
    if not sms:
        raise WrongStep
    code = dict(sms["code"])
    try:
        codes.check(code, flow.id, sms["target"], typed, key, settings.sms)
    except Refusal:
        recovery.write(flow, sms={**sms, "code": code})
        raise
    codes.forget(code)
    account = account_of(sms["typed"])
    if account is None or account.id != sms["account_id"] or account.mobile != sms["target"]:
        raise WrongStep
    reset.keep_proof(flow, account, "sms", minutes=settings.recovery.link_minutes)


def can_receive(account: Account) -> bool:
    """Whether an SMS may recover the account: a number never verified recovers nothing (ATTACKS 95)."""
    return account.state in MAY_LOG_IN and account.mobile is not None and account.mobile_verified_at is not None
