"""SMS self-registration. Source: parents' guide, «Auto-inscription»."""

from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from idp.accounts import login, passwords, sessions
from idp.accounts.models import Account, Session
from idp.db import db
from idp.errors import Refusal
from idp.flows import email_validation as email_journey
from idp.flows import self_registration as journey
from idp.flows.errors import AddressRefused, AlreadyRegistered, TooManyMails, WrongStep
from idp.flows.models import Flow
from idp.flows.steps import FINISHED
from idp.registry import phones
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.hot import hot_path
from idp.web.pages import birth_dates, email_validation, new_password, sms_codes
from idp.web.pages.flow import Answer, find_flow, start_flow
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.login import open_session

pages = Blueprint("self_registration", __name__, url_prefix="/inscription")

LONGEST = 200
"""Characters of a name or number; more is cut before anything looks at it."""


def _step_url(flow: Flow) -> str:
    return url_for("self_registration.show", flow_id=flow.id, step=journey.current_step(flow))


@pages.get("")
def bare() -> Answer:
    return see_other(url_for("self_registration.show", flow_id=start_flow().id, step="informations"))


@pages.get("/<flow_id>")
def resume(flow_id: str) -> Answer:
    return see_other(_step_url(find_flow(flow_id)))


@pages.get("/<flow_id>/<any(informations, code, dates, 'mot-de-passe', terminee, rattachee):step>")
def show(flow_id: str, step: str) -> Answer:
    flow = find_flow(flow_id)
    current = journey.current_step(flow)
    if step != current and not (step == "informations" and current != FINISHED):
        return see_other(_step_url(flow))
    return _page(flow, step)


@pages.post("/<flow_id>/informations")
def informations(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if journey.current_step(flow) == FINISHED:
        return see_other(_step_url(flow))
    typed = {name: request.form.get(name, "")[:LONGEST] for name in ("nom", "prenom", "mobile")}
    phone = phones.parse(typed["mobile"])
    errors = _missing(typed, phone)
    if errors:
        return _page(flow, "informations", typed=typed, errors=errors), 422
    try:
        journey.search(flow, typed["nom"], typed["prenom"], phone, request.remote_addr or "", security.settings())
        if journey.current_step(flow) == "code":
            CODE.send(flow)
    except Refusal as refusal:
        db.session.commit()
        return _page(flow, "informations", refusal, typed=typed), 422
    db.session.commit()
    return see_other(_step_url(flow))


@pages.post("/<flow_id>/code")
def code(flow_id: str) -> Answer:
    security.check_form()
    return CODE.submit(find_flow(flow_id, for_update=True))


@pages.post("/<flow_id>/code/renvoyer")
def resend(flow_id: str) -> Answer:
    security.check_form()
    return CODE.resend(find_flow(flow_id, for_update=True))


@pages.post("/<flow_id>/dates")
def dates(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if journey.current_step(flow) != "dates":
        return see_other(_step_url(flow))
    confirm = partial(journey.confirm_dates, flow, language=current_language())
    if wrong := birth_dates.refused(journey.children_of(flow), confirm, partial(_dates, flow)):
        return wrong
    db.session.commit()
    return see_other(_step_url(flow))


def _dates(flow: Flow, refusal: Refusal | None, **shown: Any) -> str:
    """The step, or the first one for who is barred."""
    return _page(flow, "dates" if journey.current_step(flow) == "dates" else "informations", refusal, **shown)


@pages.post("/<flow_id>/mot-de-passe")
def password(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id)
    if journey.current_step(flow) != "mot-de-passe":
        return _sent_again(flow)
    chosen, errors = new_password.read(journey.identifiant_of(flow))
    if errors:
        return _page(flow, "mot-de-passe", errors=errors), 422
    db.session.commit()
    password_hash = passwords.hash(chosen, security.settings().passwords)
    return _finish(flow_id, password_hash)


@pages.post("/<flow_id>/terminee")
def email(flow_id: str) -> Answer:
    """The address is written down; it recovers nothing before it is validated."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    session = _session_of(flow)
    if session is None:
        return see_other(_step_url(flow))
    typed = request.form.get("email", "")[:LONGEST].strip()
    account = session.account
    if account.email_verified_at is None:
        try:
            address = email_journey.check_typed(typed, typed, seen=request.form.get("adresse_vue", ""))
            email_validation.send(account, address)
        except (AddressRefused, TooManyMails) as refusal:
            db.session.commit()
            errors = email_validation.errors_of(refusal)
            return _page(flow, "terminee", refusal, typed={"email": typed}, errors=errors), 422
    db.session.commit()
    return see_other(url_for("self_registration.show", flow_id=flow.id, step="terminee"))


def _finish(flow_id: str, password_hash: str) -> Answer:
    """The account and its session, in one transaction that begins after the hash was made."""
    flow = find_flow(flow_id, for_update=True)
    try:
        account = journey.create_account(flow, password_hash)
    except WrongStep:
        return _sent_again(flow)
    except AlreadyRegistered as refusal:
        db.session.commit()
        return _page(flow, "informations", refusal), 422
    cookie = open_session(account, "pwd sms")
    db.session.commit()
    answer = see_other(_step_url(flow))
    security.give_session(answer, cookie)
    return answer


def _sent_again(flow: Flow) -> Answer:
    """«Terminer» after the flow went on: where it is now. If the first answer was lost, and its session with it (a
    double click without JavaScript), the password logs in as on the login page."""
    answer = see_other(_step_url(flow))
    if flow.account_id is None or _session_of(flow):
        return answer
    identifiant = db.session.get_one(Account, flow.account_id).identifiant
    typed, address = request.form.get(new_password.FIELD, ""), request.remote_addr or ""
    try:
        account = login.authenticate(identifiant, typed, address, hot_path(), security.settings())
    except Refusal:
        db.session.commit()  # The page asks for the login.
        return answer
    cookie = open_session(account, "pwd sms")
    db.session.commit()
    security.give_session(answer, cookie)
    return answer


def _session_of(flow: Flow) -> Session | None:
    """This browser's session, if it is of the account that the flow ended with."""
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    return session if session and session.account_id == flow.account_id else None


def _missing(typed: dict[str, str], phone: phones.Phone) -> list[tuple[str, str, str]]:
    errors = []
    if not typed["nom"].strip():
        errors.append(("nom", "nom", _("Écrivez votre nom.")))
    if not typed["prenom"].strip():
        errors.append(("prenom", "prenom", _("Écrivez votre prénom.")))
    if not typed["mobile"].strip():
        errors.append(("mobile", "mobile", _("Écrivez votre numéro de mobile.")))
    elif not phone.is_mobile:
        message = _("Ce numéro n’est pas un numéro de mobile. Il commence par 06 ou 07.")
        errors.append(("mobile", "mobile", message))
    return errors


def _page(
    flow: Flow,
    step: str,
    refusal: Refusal | None = None,
    *,
    typed: dict[str, str] | None = None,
    errors: list[tuple[str, str, str]] | None = None,
) -> str:
    if isinstance(refusal, AlreadyRegistered):
        return render_template("self_registration/already_registered.html", flow=flow)
    return render_template(
        f"self_registration/{TEMPLATES[step]}.html",
        flow=flow,
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
        typed=typed or {},
        errors=errors or [],
        **_facts(flow, step, refusal),
    )


TEMPLATES = {
    "informations": "informations",
    "code": "code",
    "dates": "birth_dates",
    "mot-de-passe": "password",
    "terminee": "finished",
    "rattachee": "joined",
}


def _facts(flow: Flow, step: str, refusal: Refusal | None) -> dict[str, Any]:
    """What the step's template shows."""
    if step == "code":
        return sms_codes.facts(journey.state_of(flow), refusal)
    if step == "dates":
        return {"children": journey.children_of(flow)}
    if step == "mot-de-passe":
        return {"identifiant": journey.identifiant_of(flow)}
    if step == "rattachee":
        return {"account": journey.joined_account(flow), "children": journey.children_of(flow)}
    if step == "informations":
        return {"has_vanished": journey.has_vanished(flow)}
    if step == "terminee":
        return {
            "account": db.session.get(Account, flow.account_id),
            "way_out": way_out(flow),
            "logged_in": _session_of(flow),
        }
    return {}


CODE = sms_codes.CodeStep(
    journey.PART,
    journey.current_step,
    _page,
    go_on=lambda flow: see_other(_step_url(flow)),
    sent_again=lambda flow: see_other(url_for("self_registration.show", flow_id=flow.id, step="code", renvoye=1)),
)
