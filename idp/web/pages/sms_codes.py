"""What every page that sends a code needs: the key of codes, the words of the SMS, the step «code» of a journey."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, request

from idp import languages
from idp.db import db
from idp.errors import Refusal
from idp.flows import codes, mobile_code
from idp.flows.errors import TooManyCodes, TriesUsedUp, WrongStep
from idp.flows.models import Flow
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages.flow import Answer


def key() -> bytes:
    """The key of codes, loaded when the application was made."""
    found: bytes = current_app.config["IDP_CODE_KEY"]
    return found


def wording(code: str) -> str:
    """The SMS: GSM-7, one segment, its last line for the telephone (WebOTP, «origin-bound one-time codes»)."""
    settings = security.settings()
    host, minutes = urlsplit(settings.server.issuer).hostname, settings.sms.code_lifetime_minutes
    _ = languages.load(current_language()).gettext
    words = _("ÉduConnect : votre code est %(code)s, valable %(minutes)s minutes. Ne le donnez à personne.")
    return f"{words % {'code': code, 'minutes': minutes}}\n\n@{host} #{code}"


def facts(state: dict[str, Any], refusal: Refusal | None = None) -> dict[str, Any]:
    """What a page shows that asks for a code; `state` is its journey's part of the flow: `code`, and `mobile` if told.

    After a `refusal` it is not said that a new code has just left, nor that one works whose number has no tries left.
    """
    settings, sent = security.settings().sms, state.get("code")
    return {
        "mobile": state.get("mobile", ""),
        "sent": sent is not None,
        "alive": codes.is_alive(sent, settings) and not isinstance(refusal, TriesUsedUp),
        "expired": sent is not None and codes.has_expired(sent),
        "ends_at": codes.ends_at(sent) if sent else None,
        "minutes": settings.code_lifetime_minutes,
        "wait_seconds": settings.resend_after_seconds,
        "resent": "renvoye" in request.args and refusal is None,
    }


@dataclass(frozen=True)
class CodeStep:
    """The step «code» in the pages of a journey that holds a mobile in its part of the flow; the caller has the row."""

    part: str
    current_step: Callable[[Flow], str]
    page: Callable[..., str]
    """Draws the step: flow, "code", the refusal, what was typed."""
    go_on: Callable[[Flow], Response]
    sent_again: Callable[[Flow], Response]

    def submit(self, flow: Flow) -> Answer:
        """The six digits."""
        typed = request.form.get("code", "")[:20]
        try:
            self._check_step(flow)
            mobile_code.confirm(flow, self.part, typed, key(), security.settings().sms)
        except WrongStep:
            return self.go_on(flow)
        except Refusal as refusal:
            db.session.commit()
            return self.page(flow, "code", refusal, typed={"code": typed}), 422
        db.session.commit()
        return self.go_on(flow)

    def resend(self, flow: Flow) -> Answer:
        """«Je n'ai pas reçu de code»: a new one, once the wait is over."""
        try:
            self._check_step(flow)
            sent = self.send(flow)
        except WrongStep:
            return self.go_on(flow)
        except Refusal as refusal:
            db.session.commit()
            return self.page(flow, "code", refusal), 429
        db.session.commit()
        if not sent:
            known = mobile_code.state_of(flow, self.part)["code"]
            return self.page(flow, "code", TooManyCodes(ends_at=codes.resend_at(known, security.settings().sms))), 429
        return self.sent_again(flow)

    def send(self, flow: Flow) -> bool:
        """A code leaves, unless one left a moment ago. Raises SmsStopped, TooManyCodes, WrongStep."""
        return mobile_code.send(flow, self.part, key(), wording, security.settings().sms)

    def _check_step(self, flow: Flow) -> None:
        if self.current_step(flow) != "code":
            raise WrongStep
