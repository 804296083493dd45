"""The questions to somebody whom the upstream knows and we do not: mobile, code, children's dates; or a password."""

from functools import partial
from typing import Any

from flask import request, url_for

from idp.accounts import login as password_login
from idp.accounts.errors import AccountUnavailable, TooManyTries, WrongCredentials
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import franceconnect as journey
from idp.flows import service as flows
from idp.flows.errors import AlreadyRegistered, DifferentPerson, NoMatch, SeveralAdults, WrongStep
from idp.flows.models import Flow
from idp.flows.steps import FINISHED
from idp.franceconnect import service as links
from idp.franceconnect.errors import AlreadyLinked
from idp.registry import phones
from idp.web import security, upstream_logout
from idp.web.catalogue import current_language
from idp.web.hot import hot_path
from idp.web.pages import birth_dates, sms_codes
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.franceconnect import frame
from idp.web.pages.franceconnect.frame import pages, step_url

STEPS = ("identite", "code", "dates", "compte")


@pages.get("/<flow_id>/<any(identite, code, dates, compte):step>")
def show(flow_id: str, step: str) -> Answer:
    flow = find_flow(flow_id)
    current = journey.current_step(flow)
    free = step in ("identite", "compte") and current not in ("", FINISHED)
    return _page(flow, step) if step == current or free else see_other(step_url(flow))


@pages.post("/<flow_id>/identite")
def identity(flow_id: str) -> Answer:
    """«C'est moi» with the mobile known to the school."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if journey.current_step(flow) in ("", FINISHED):
        return see_other(step_url(flow))
    if request.form.get("choix") == "pas-moi":
        return _not_me(flow)
    typed = request.form.get("mobile", "")[:200]
    phone = phones.parse(typed)
    try:
        journey.search(flow, phone, request.remote_addr or "", security.settings())
        if journey.current_step(flow) == "code":
            CODE.send(flow)
    except (NoMatch, SeveralAdults) as refusal:
        db.session.commit()
        return frame.show("no_match", flow, refusal), 422
    except Refusal as refusal:
        db.session.commit()
        return _page(flow, "identite", refusal, typed={"mobile": typed}), 422
    db.session.commit()
    return see_other(step_url(flow))


def _not_me(flow: Flow) -> Answer:
    """«Ce n'est pas moi»: the session upstream is another person's, and ends there; nothing of it stays here."""
    kept = links.kept_login(flow.id)
    target = url_for("login.show", flow_id=flow.id)
    away = upstream_logout.address(kept[0] if kept else None, target)
    links.forget_login(flow.id)
    flows.write_state(flow, journey.PART, {})
    db.session.commit()
    return see_other(away or target)


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
    """The last proof: the account is made or found, linked, and logged in."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if journey.current_step(flow) != "dates":
        return see_other(step_url(flow))
    confirm = partial(journey.confirm_dates, flow)
    return birth_dates.refused(journey.children_of(flow), confirm, partial(_dates, flow)) or _finish(flow)


def _dates(flow: Flow, refusal: Refusal | None, **shown: Any) -> str:
    """The step, or the first one for who is barred."""
    return _page(flow, "dates" if journey.current_step(flow) == "dates" else "identite", refusal, **shown)


def _finish(flow: Flow) -> Answer:
    kept = links.kept_login(flow.id)
    assert kept is not None
    try:
        with db.session.begin_nested():  # All of it or nothing; the dates stay confirmed.
            account, is_new = journey.finish(flow, language=current_language())
    except (AlreadyLinked, AlreadyRegistered, AccountUnavailable, DifferentPerson) as refusal:
        db.session.commit()
        return frame.show("stopped", flow, refusal), 409
    then = url_for("franceconnect.created", flow_id=flow.id) if is_new else ""
    return frame.log_in(flow, account, kept[0].upstream, proved="sms", then=then)


@pages.get("/<flow_id>/terminee")
def created(flow_id: str) -> Answer:
    """The new account's identifiant, once: a password can be chosen later in «Mon compte»."""
    flow = find_flow(flow_id)
    if flow.account_id is None:
        return see_other(step_url(flow))
    account = db.session.get_one(Account, flow.account_id)
    return frame.show("finished", flow, account=account, way_out=way_out(flow))


@pages.post("/<flow_id>/compte")
def account(flow_id: str) -> Answer:
    """«J'ai déjà un compte»: its password proves it, if it is in the same person's name."""
    security.check_form()
    flow = find_flow(flow_id)
    kept = links.kept_login(flow.id)
    if kept is None or journey.current_step(flow) in ("", FINISHED):
        return see_other(step_url(flow))
    typed, password = request.form.get("identifiant", "")[:200], request.form.get("mot_de_passe", "")
    try:
        found = password_login.authenticate(typed, password, request.remote_addr or "", hot_path(), security.settings())
        flow = find_flow(flow_id, for_update=True)
        journey.link_by_password(flow, found, language=current_language())
    except (WrongCredentials, TooManyTries, AccountUnavailable, DifferentPerson, AlreadyLinked) as refusal:
        db.session.commit()
        return _page(flow, "compte", refusal, typed={"identifiant": typed}), 422
    except WrongStep:
        return see_other(step_url(flow))
    return frame.log_in(flow, found, kept[0].upstream, proved="pwd")


def _page(
    flow: Flow,
    step: str,
    refusal: Refusal | None = None,
    *,
    typed: dict[str, str] | None = None,
    errors: list[tuple[str, str, str]] | None = None,
) -> str:
    return frame.show(step, flow, refusal, typed=typed or {}, errors=errors or [], **_facts(flow, step, refusal))


def _facts(flow: Flow, step: str, refusal: Refusal | None) -> dict[str, Any]:
    """What the step's template shows."""
    if step == "identite":
        kept = links.kept_login(flow.id)
        upstream = upstream_logout.logins().find(kept[0].upstream) if kept else None
        facts = {"identity": journey.identity_of(flow), "upstream": upstream}
        return {**facts, "has_vanished": journey.has_vanished(flow)}
    if step == "dates":
        return {"children": journey.children_of(flow)}
    if step == "code":
        return sms_codes.facts(journey.state_of(flow), refusal)
    return {}


CODE = sms_codes.CodeStep(
    journey.PART,
    journey.current_step,
    _page,
    go_on=lambda flow: see_other(step_url(flow)),
    sent_again=lambda flow: see_other(url_for("franceconnect.show", flow_id=flow.id, step="code", renvoye=1)),
)
