"""«Changer de numéro de mobile»: one of the numbers that the schools hold, and the code sent to it."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.accounts.models import Session
from idp.db import db
from idp.errors import Refusal
from idp.flows import codes, mobile_change
from idp.flows import service as flows
from idp.flows.errors import NoMatch, SmsStopped, TooManyCodes, WrongStep
from idp.flows.models import Flow
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages import sms_codes
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login
from idp.web.pages.flow import Answer, start_flow
from idp.web.pages.frame import discreet, see_other

FRESH_MINUTES = 10


@pages.get("/mobile")
def mobile() -> Answer:
    return _choices(require_fresh_login(FRESH_MINUTES))


@pages.post("/mobile")
def choose_mobile() -> Answer:
    """The form names a choice by its place in the list, never by a number of its own."""
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    offered, place = mobile_change.choices(session.account, security.settings().sms), request.form.get("numero", "")
    if not (place.isascii() and place.isdigit() and int(place[:3]) < len(offered)):
        return _choices(session, errors=[("numero-0", "numero", _("Choisissez un numéro."))]), 422
    flow = start_flow()
    try:
        _send(flow, session, offered[int(place[:3])])
    except (NoMatch, SmsStopped, TooManyCodes) as refusal:
        db.session.commit()
        return _choices(session, refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("account.mobile_code", flow_id=flow.id))


@pages.get("/mobile/<flow_id>")
def mobile_code(flow_id: str) -> Answer:
    session = require_fresh_login(FRESH_MINUTES)
    flow = _flow(flow_id, session)
    return _code_page(session, flow) if flow else see_other(url_for("account.mobile"))


@pages.post("/mobile/<flow_id>")
def enter_mobile_code(flow_id: str) -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    flow = _flow(flow_id, session, for_update=True)
    if flow is None:
        return see_other(url_for("account.mobile"))
    typed = request.form.get("code", "")[:20]
    try:
        number = mobile_change.confirm(flow, session.account, typed, sms_codes.key(), security.settings().sms)
    except WrongStep:
        return see_other(url_for("account.mobile"))
    except Refusal as refusal:
        db.session.commit()
        return _code_page(session, flow, refusal, typed), 422
    mobile_change.tell_owner(session.account, discreet(number), current_language())
    db.session.commit()
    return see_other(url_for("account.informations", mobile_modifie=1))


@pages.post("/mobile/<flow_id>/renvoyer")
def resend_mobile_code(flow_id: str) -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    flow = _flow(flow_id, session, for_update=True)
    if flow is None:
        return see_other(url_for("account.mobile"))
    state = mobile_change.state_of(flow)
    try:
        if not _send(flow, session, state["mobile"]):
            raise TooManyCodes(ends_at=codes.resend_at(state["code"], security.settings().sms))
    except NoMatch:
        return see_other(url_for("account.mobile"))
    except Refusal as refusal:
        db.session.commit()
        return _code_page(session, flow, refusal), 429
    db.session.commit()
    return see_other(url_for("account.mobile_code", flow_id=flow.id, renvoye=1))


def _send(flow: Flow, session: Session, number: str) -> bool:
    return mobile_change.send_code(
        flow, session.account, number, sms_codes.key(), sms_codes.wording, security.settings().sms
    )


def _flow(flow_id: str, session: Session, *, for_update: bool = False) -> Flow | None:
    """This browser's change, begun by this account and not ended."""
    flow = flows.find(flow_id, security.browser(), for_update=for_update)
    if flow is None or flow.ended_at is not None:
        return None
    return flow if mobile_change.state_of(flow).get("account_id") == session.account.id else None


def _choices(
    session: Session, *, errors: list[tuple[str, str, str]] | None = None, refusal: Refusal | None = None
) -> str:
    offered = mobile_change.choices(session.account, security.settings().sms)
    return show("mobile", session, choices=offered, errors=errors or [], refusal=refusal)


def _code_page(session: Session, flow: Flow, refusal: Refusal | None = None, typed: str = "") -> str:
    kind = type(refusal).__name__ if refusal else ""
    facts = sms_codes.facts(mobile_change.state_of(flow), refusal)
    return show("mobile_code", session, flow=flow, refusal=refusal, kind=kind, typed=typed, **facts)
