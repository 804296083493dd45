"""«Mot de passe perdu»: an identifiant, then a mail with a link, or an SMS with a code (`sms`)."""

from flask import request, url_for
from flask_babel import gettext as _

from idp import clock
from idp.db import db
from idp.flows import recovery
from idp.flows.errors import TooManyRequests
from idp.flows.models import Flow
from idp.flows.recovery import requests, reset
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages.flow import Answer, start_flow
from idp.web.pages.frame import see_other
from idp.web.pages.recovery.frame import PASSWORD, begin, open_flow, pages, show, stopped, told, with_open_flow
from idp.web.pages.recovery.sms import ask_code, unknown

LONGEST = 100


@pages.get("/mot-de-passe-perdu")
def lost() -> Answer:
    return begin(PASSWORD)


@pages.get("/mot-de-passe-perdu/<flow_id>")
@with_open_flow(PASSWORD)
def password(flow: Flow) -> Answer:
    return show("password", flow, typed="", errors=[])


@pages.post("/mot-de-passe-perdu/<flow_id>")
@with_open_flow(PASSWORD)
def ask(flow: Flow) -> Answer:
    typed = request.form.get("identifiant", "")[:LONGEST]
    if not typed.strip():
        missing = [("identifiant", "identifiant", _("Écrivez votre identifiant."))]
        return show("password", flow, typed="", errors=missing), 422
    if request.form.get("par") == "sms":
        return ask_code(flow, typed)
    return _ask_mail(flow, typed)


def _ask_mail(flow: Flow, typed: str) -> Answer:
    settings = security.settings()
    # From the configured issuer alone: no header of the request can turn the link elsewhere (ATTACKS 89).
    link = settings.server.issuer + url_for("recovery.open_link", flow_id=flow.id, token="")
    try:
        requests.ask_reset(flow, typed, request.remote_addr or "", current_language(), link, settings.recovery)
    except TooManyRequests as refusal:
        return stopped("password", flow, typed, refusal)
    db.session.commit()
    return see_other(url_for("recovery.asked", flow_id=flow.id))


@pages.get("/mot-de-passe-perdu/<flow_id>/envoye")
@with_open_flow(PASSWORD)
def asked(flow: Flow) -> Answer:
    mail = recovery.state_of(flow).get("mail")
    if not mail:
        return see_other(url_for(PASSWORD, flow_id=flow.id))
    outcome = told(mail)
    if outcome == "unknown":
        return unknown(flow, mail["typed"])
    ends_at = clock.from_milliseconds(mail["ends_at"])
    minutes = security.settings().recovery.link_minutes
    return show(f"password_{outcome}", flow, number=mail["number"], ends_at=ends_at, minutes=minutes, way="mail")


@pages.get("/mot-de-passe-perdu/<flow_id>/lien/", defaults={"token": ""})
@pages.get("/mot-de-passe-perdu/<flow_id>/lien/<token>")
def open_link(flow_id: str, token: str) -> Answer:
    """The link of the mail: it leaves the URL at once for a flow of this browser, and is not used up (ATTACKS 90)."""
    flow = open_flow(flow_id, for_update=True) or start_flow()
    reset.keep_link(flow, token[:LONGEST])
    db.session.commit()
    return see_other(url_for("recovery.new_password", flow_id=flow.id))
