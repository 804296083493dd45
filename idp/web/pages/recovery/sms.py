"""«Mot de passe perdu» by SMS: the code."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.db import db
from idp.errors import Refusal
from idp.flows import codes, recovery
from idp.flows.errors import SmsStopped, TooManyCodes, TooManyRequests, WrongStep
from idp.flows.models import Flow
from idp.flows.recovery import sms
from idp.web import security
from idp.web.pages import sms_codes
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other
from idp.web.pages.recovery.frame import PASSWORD, pages, show, stopped, told, with_open_flow


def ask_code(flow: Flow, typed: str) -> Answer:
    """Send a code, then the page that asks for it."""
    try:
        sms.ask_code(flow, typed, request.remote_addr or "", sms_codes.key(), sms_codes.wording, security.settings())
    except (TooManyRequests, SmsStopped, TooManyCodes) as refusal:
        return stopped("password", flow, typed, refusal)
    db.session.commit()
    return see_other(url_for("recovery.code", flow_id=flow.id))


def unknown(flow: Flow, typed: str) -> str:
    """The form again: there is no such identifiant."""
    wrong = [("identifiant", "identifiant", _("Vérifiez cet identifiant."))]
    return show("password", flow, typed=typed, errors=wrong, unknown=True)


@pages.get("/mot-de-passe-perdu/<flow_id>/code")
@with_open_flow(PASSWORD)
def code(flow: Flow) -> Answer:
    asked = recovery.state_of(flow).get("sms")
    if not asked:
        return see_other(url_for(PASSWORD, flow_id=flow.id))
    outcome = told(asked)
    if outcome == "unknown":
        return unknown(flow, asked["typed"])
    if outcome == "no_mobile":
        return show("password_partial", flow, way="sms")
    return _code_page(flow)


@pages.post("/mot-de-passe-perdu/<flow_id>/code")
@with_open_flow(PASSWORD)
def enter_code(flow: Flow) -> Answer:
    typed = request.form.get("code", "")[:20]
    try:
        sms.confirm_code(flow, typed, sms_codes.key(), security.settings())
    except WrongStep:
        return see_other(url_for(PASSWORD, flow_id=flow.id))
    except Refusal as refusal:
        db.session.commit()
        return _code_page(flow, refusal, typed), 422
    db.session.commit()
    return see_other(url_for("recovery.new_password", flow_id=flow.id))


@pages.post("/mot-de-passe-perdu/<flow_id>/code/renvoyer")
@with_open_flow(PASSWORD)
def resend(flow: Flow) -> Answer:
    asked, settings = recovery.state_of(flow).get("sms"), security.settings()
    if not asked:
        return see_other(url_for(PASSWORD, flow_id=flow.id))
    try:
        sent = sms.ask_code(
            flow, asked["typed"], request.remote_addr or "", sms_codes.key(), sms_codes.wording, settings
        )
    except Refusal as refusal:
        db.session.commit()
        return _code_page(flow, refusal), 429
    db.session.commit()
    if not sent:
        return _code_page(flow, TooManyCodes(ends_at=codes.resend_at(asked["code"], settings.sms))), 429
    return see_other(url_for("recovery.code", flow_id=flow.id, renvoye=1))


def _code_page(flow: Flow, refusal: Refusal | None = None, typed: str = "") -> str:
    kind = type(refusal).__name__ if refusal else ""
    facts = sms_codes.facts({"code": recovery.state_of(flow)["sms"]["code"]}, refusal)
    return show("code", flow, refusal=refusal, kind=kind, typed=typed, **facts)
