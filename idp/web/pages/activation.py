"""Activation by letter. Source: parents' guide, «Parcours par notification»."""

from functools import partial

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from idp.accounts import passwords
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import activation as journey
from idp.flows.errors import Barred, WrongStep
from idp.flows.models import Flow
from idp.web import security
from idp.web.pages import birth_dates, new_password
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.login import open_session
from idp.web.pages.new_password import Errors

pages = Blueprint("activation", __name__, url_prefix="/activation")


def _step_url(flow: Flow) -> str:
    """Where the flow is: a reload, the back button, two tabs and a typed URL all land there."""
    if flow.account_id is not None:
        return way_out(flow)
    step = journey.current_step(flow)
    if not step:
        return url_for("login.show", flow_id=flow.id)
    if step in ("email", "courriel"):
        return url_for("email_validation.show" if step == "email" else "email_validation.sent", flow_id=flow.id)
    return url_for("activation.show", flow_id=flow.id, step=step)


@pages.get("/<flow_id>")
def resume(flow_id: str) -> Answer:
    return see_other(_step_url(find_flow(flow_id)))


@pages.get("/<flow_id>/<any(dates, 'mot-de-passe', terminee):step>")
def show(flow_id: str, step: str) -> Answer:
    flow = find_flow(flow_id)
    account = journey.account_of(flow)
    if flow.account_id is not None or account is None or step != journey.current_step(flow):
        return see_other(_step_url(flow))
    if step == "dates":
        return _dates(flow, account)
    return _password(flow, account) if step == "mot-de-passe" else _finished(flow, account)


@pages.post("/<flow_id>/dates")
def dates(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    account = journey.account_of(flow)
    if account is None or journey.current_step(flow) != "dates":
        return see_other(_step_url(flow))
    confirm = partial(journey.confirm_dates, flow)
    if wrong := birth_dates.refused(journey.children_of(account), confirm, partial(_dates, flow, account)):
        return wrong
    db.session.commit()
    return see_other(_step_url(flow))


@pages.post("/<flow_id>/mot-de-passe")
def password(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id)
    account = journey.account_of(flow)
    if account is None or journey.current_step(flow) != "mot-de-passe":
        return see_other(_step_url(flow))
    settings, letters_hash = security.settings().passwords, account.password_hash
    chosen, errors = new_password.read(account.identifiant)
    if errors:
        return _password(flow, account, errors), 422
    db.session.commit()
    if passwords.verify(letters_hash, chosen, settings):
        same = _("Choisissez un autre mot de passe que celui de la lettre.")
        return _password(flow, account, [(new_password.TARGET, new_password.FIELD, same)]), 422
    return _keep_password(flow_id, passwords.hash(chosen, settings))


def _keep_password(flow_id: str, password_hash: str) -> Answer:
    """In one transaction, which begins after the hash was made."""
    flow = find_flow(flow_id, for_update=True)
    try:
        journey.set_password(flow, password_hash, device=request.headers.get("User-Agent", ""))
    except WrongStep:
        db.session.rollback()
        return see_other(_step_url(find_flow(flow_id)))
    db.session.commit()
    return see_other(_step_url(flow))


@pages.post("/<flow_id>/annuler")
def give_up(flow_id: str) -> Answer:
    """Back to the login page; the password must be typed again."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if flow.account_id is None:
        journey.give_up(flow)
    db.session.commit()
    return see_other(url_for("login.show", flow_id=flow.id))


@pages.post("/<flow_id>/terminer")
def finish(flow_id: str) -> Answer:
    """The account is active: its first session, and on to the service."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    try:
        account = journey.finish(flow)
    except WrongStep:
        return see_other(_step_url(flow))
    cookie = open_session(account)
    db.session.commit()
    answer = see_other(way_out(flow))
    security.give_session(answer, cookie)
    return answer


def _dates(
    flow: Flow,
    account: Account,
    refusal: Refusal | None = None,
    *,
    typed: dict[str, str] | None = None,
    errors: Errors | None = None,
) -> str:
    if isinstance(refusal, Barred):
        return render_template("activation/barred.html", refusal=refusal)
    children = journey.children_of(account)
    if not children:
        return render_template("activation/no_child.html")
    return render_template(
        "self_registration/birth_dates.html",
        step=1,
        action=url_for("activation.dates", flow_id=flow.id),
        children=children,
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
        typed=typed or {},
        errors=errors or [],
    )


def _password(flow: Flow, account: Account, errors: Errors | None = None) -> str:
    return render_template(
        "self_registration/password.html",
        step=2,
        action=url_for("activation.password", flow_id=flow.id),
        identifiant=account.identifiant,
        errors=errors or [],
    )


def _finished(flow: Flow, account: Account) -> str:
    return render_template("activation/finished.html", flow=flow, account=account)
