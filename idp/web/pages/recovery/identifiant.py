"""«Identifiant oublié»: an e-mail address, then a mail with the identifiants."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.accounts import email
from idp.db import db
from idp.flows import recovery
from idp.flows.errors import TooManyMails, TooManyRequests
from idp.flows.models import Flow
from idp.flows.recovery import requests
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages import email_validation
from idp.web.pages.flow import Answer
from idp.web.pages.frame import breakable, see_other
from idp.web.pages.recovery.frame import IDENTIFIANT, begin, pages, show, stopped, told, with_open_flow


@pages.get("/identifiant-oublie")
def forgotten() -> Answer:
    return begin(IDENTIFIANT)


@pages.get("/identifiant-oublie/<flow_id>")
@with_open_flow(IDENTIFIANT)
def identifiant(flow: Flow) -> Answer:
    return show("identifiant", flow, typed="", errors=[])


@pages.post("/identifiant-oublie/<flow_id>")
@with_open_flow(IDENTIFIANT)
def ask_identifiant(flow: Flow) -> Answer:
    typed = request.form.get("email", "").strip()[: email.LONGEST + 1]
    if not email.is_address(typed):
        wrong = [("email", "email", breakable(_("Écrivez une adresse complète, par exemple : prenom.nom@example.org")))]
        return show("identifiant", flow, typed=typed, errors=wrong), 422
    settings, source = security.settings().recovery, request.remote_addr or ""
    try:
        requests.ask_identifiant(flow, typed, source, current_language(), settings)
    except TooManyRequests as refusal:
        return stopped("identifiant", flow, typed, refusal)
    db.session.commit()
    return see_other(url_for("recovery.identifiant_asked", flow_id=flow.id))


@pages.get("/identifiant-oublie/<flow_id>/envoye")
@with_open_flow(IDENTIFIANT)
def identifiant_asked(flow: Flow) -> Answer:
    asked = recovery.state_of(flow).get("identifiant")
    if not asked:
        return see_other(url_for(IDENTIFIANT, flow_id=flow.id))
    outcome, typed = told(asked), asked["email"]
    if outcome == "unknown":
        wrong = [("email", "email", _("Vérifiez cette adresse."))]
        meant = email.suggestion(typed)
        return show("identifiant", flow, typed=typed, errors=wrong, unknown=True, meant=meant)
    return show(f"identifiant_{outcome}", flow, typed=typed, sent="renvoye" in request.args)


@pages.post("/identifiant-oublie/<flow_id>/renvoyer")
@with_open_flow(IDENTIFIANT)
def resend_validation(flow: Flow) -> Answer:
    """«Renvoyer un email de validation», to the addresses that the accounts hold; only where answers are explicit."""
    asked = recovery.state_of(flow).get("identifiant")
    if not asked or told(asked) != "unconfirmed":
        return see_other(url_for(IDENTIFIANT, flow_id=flow.id))
    try:
        for account in requests.accounts_of(asked["email"]):
            if account.email and not account.email_verified_at:
                email_validation.send(account, account.email)
    except TooManyMails as refusal:
        db.session.commit()
        return show("identifiant_unconfirmed", flow, typed=asked["email"], refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("recovery.identifiant_asked", flow_id=flow.id, renvoye=1))
