"""Behind the links of «Modifier mon adresse mail»: the new address is validated, or its change is stopped.

Opening a link changes nothing: its token leaves the address at once, and the page has a button (ATTACKS 74, 90).
"""

from flask import Blueprint, render_template, url_for

from idp.accounts.errors import LinkExpired
from idp.accounts.links import Purpose
from idp.accounts.models import Account
from idp.db import db
from idp.flows import email_change as journey
from idp.flows.recovery import reset
from idp.web import security
from idp.web.pages.flow import Answer, find_flow, start_flow
from idp.web.pages.frame import see_other

pages = Blueprint("email_change", __name__, url_prefix="/adresse-mail")

LONGEST = 100


def _url(endpoint: str, token: str) -> str:
    """From the configured issuer alone (ATTACKS 89)."""
    return security.settings().server.issuer + url_for(endpoint, token=token)


URLS = journey.Urls(
    confirm=lambda token: _url("email_change.open_link", token),
    deny=lambda token: _url("email_change.open_denial", token),
)


@pages.get("/nouvelle/<token>")
def open_link(token: str) -> Answer:
    return _keep(token, "change_email", "email_change.confirm_page")


@pages.get("/pas-moi/<token>")
def open_denial(token: str) -> Answer:
    return _keep(token, "not_me", "email_change.denial_page")


def _keep(token: str, purpose: Purpose, page: str) -> Answer:
    flow = start_flow()
    journey.keep_link(flow, token[:LONGEST], purpose)
    db.session.commit()
    return see_other(url_for(page, flow_id=flow.id))


@pages.get("/<flow_id>/valider")
def confirm_page(flow_id: str) -> Answer:
    flow = find_flow(flow_id)
    link = journey.link_of(flow, "change_email")
    if link is None:
        return _expired()
    return render_template("email_change/confirm.html", flow=flow, address=link.address)


@pages.post("/<flow_id>/valider")
def confirm(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    try:
        account = journey.confirm(flow)
    except LinkExpired:
        db.session.commit()
        return _expired()
    db.session.commit()
    return render_template("email_change/confirmed.html", flow=flow, address=account.email)


@pages.get("/<flow_id>/pas-moi")
def denial_page(flow_id: str) -> Answer:
    flow = find_flow(flow_id)
    link = journey.link_of(flow, "not_me")
    if link is None:
        return _expired()
    pending = journey.pending(db.session.get_one(Account, link.account_id))
    return render_template("email_change/not_me.html", flow=flow, address=pending)


@pages.post("/<flow_id>/pas-moi")
def deny(flow_id: str) -> Answer:
    """Who stops a change that was still pending holds the account's address: a new password is offered at once."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    try:
        denied = journey.deny(flow, security.settings())
    except LinkExpired:
        db.session.commit()
        return _expired()
    if denied.stopped:
        reset.offer(flow, denied.account, security.settings().recovery)
    db.session.commit()
    return render_template("email_change/denied.html", flow=flow, number=denied.number, stopped=denied.stopped)


def _expired() -> Answer:
    return render_template("email_change/expired.html"), 410
