"""What every page that sends a code needs: the key of codes and the words of the SMS."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request

from idp import languages
from idp.flows import codes
from idp.web import security
from idp.web.pages.frame import current_language


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


def facts(state: dict[str, Any]) -> dict[str, Any]:
    """What the step «code» of a journey shows; `state` is the journey's part of its flow."""
    settings, sent = security.settings().sms, state.get("code")
    return {
        "mobile": state.get("mobile", ""),
        "alive": codes.is_alive(sent, settings),
        "expired": sent is not None and codes.has_expired(sent),
        "ends_at": codes.ends_at(sent) if sent else None,
        "minutes": settings.code_lifetime_minutes,
        "wait_seconds": settings.resend_after_seconds,
        "resent": "renvoye" in request.args,
    }
