"""«Identifiant oublié»: an e-mail address, then a mail with the identifiants."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.accounts import email
from idp.db import db
from idp.flows import recovery
from idp.flows.errors import TooManyMails, TooManyRequests
from idp.flows.recovery import requests
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages import email_validation
from idp.web.pages.frame import breakable, see_other
from idp.web.pages.login import Answer
from idp.web.pages.recovery.frame import begin, elsewhere, open_flow, pages, show

HOME = "recovery.identifiant"


@pages.get("/identifiant-oublie")
def forgotten() -> Answer:
    return begin(HOME)


@pages.get("/identifiant-oublie/<flow_id>")
def identifiant(flow_id: str) -> Answer:
    flow = open_flow(flow_id)
    return show("identifiant", flow, typed="", errors=[]) if flow else elsewhere(flow_id, HOME)


@pages.post("/identifiant-oublie/<flow_id>")
def ask_identifiant(flow_id: str) -> Answer:
    security.check_form()
    flow = open_flow(flow_id, for_update=True)
    if flow is None:
        return elsewhere(flow_id, HOME)
    typed = request.form.get("email", "").strip()[: email.LONGEST + 1]
    if not email.is_address(typed):
        wrong = [("email", "email", breakable(_("Écrivez une adresse complète, par exemple : prenom.nom@example.org")))]
        return show("identifiant", flow, typed=typed, errors=wrong), 422
    try:
        requests.ask_identifiant(
            flow, typed, request.remote_addr or "", current_language(), security.settings().recovery
        )
    except TooManyRequests as refusal:
        db.session.commit()
        return show("identifiant", flow, typed=typed, errors=[], refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("recovery.identifiant_asked", flow_id=flow.id))


@pages.get("/identifiant-oublie/<flow_id>/envoye")
def identifiant_asked(flow_id: str) -> Answer:
    flow = open_flow(flow_id)
    asked = recovery.state_of(flow).get("identifiant") if flow else None
    if flow is None or not asked:
        return elsewhere(flow_id, HOME) if flow is None else see_other(url_for(HOME, flow_id=flow_id))
    outcome = "sent" if security.settings().recovery.enumeration == "uniform" else asked["outcome"]
    typed = asked["email"]
    if outcome == "unknown":
        wrong = [("email", "email", _("Vérifiez cette adresse."))]
        meant = email.suggestion(typed)
        return show("identifiant", flow, typed=typed, errors=wrong, unknown=True, meant=meant)
    return show(f"identifiant_{outcome}", flow, typed=typed, sent="renvoye" in request.args)


@pages.post("/identifiant-oublie/<flow_id>/renvoyer")
def resend_validation(flow_id: str) -> Answer:
    """«Renvoyer un email de validation», to the addresses that the accounts hold; only where answers are explicit."""
    security.check_form()
    flow = open_flow(flow_id, for_update=True)
    if flow is None:
        return elsewhere(flow_id, HOME)
    asked = recovery.state_of(flow).get("identifiant", {})
    if security.settings().recovery.enumeration == "uniform" or asked.get("outcome") != "unconfirmed":
        return see_other(url_for(HOME, flow_id=flow_id))
    try:
        for account in requests.accounts_of(asked["email"]):
            if account.email and not account.email_verified_at:
                email_validation.send(account, account.email)
    except TooManyMails as refusal:
        db.session.commit()
        return show("identifiant_unconfirmed", flow, typed=asked["email"], refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("recovery.identifiant_asked", flow_id=flow.id, renvoye=1))
