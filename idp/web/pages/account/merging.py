"""«Ajouter des enfants depuis un autre compte». Source: parents' guide, «Comment regrouper vos comptes ?»."""

from functools import partial
from typing import Any

from flask import abort, request, url_for

from idp.accounts.errors import TooManyTries
from idp.accounts.models import Session
from idp.db import db
from idp.errors import Refusal
from idp.flows import merging as journey
from idp.flows import service as flows
from idp.flows.errors import ChildrenChanged, DifferentPerson, NoChild, NotMergeable, SameAccount, WrongStep
from idp.flows.models import Flow
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.hot import hot_path
from idp.web.pages import birth_dates
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login, require_session
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other

FRESH_MINUTES = 15


@pages.get("/enfants/ajouter")
def search() -> Answer:
    return _search_page(require_fresh_login(FRESH_MINUTES))


@pages.post("/enfants/ajouter")
def find_other() -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    typed, password = request.form.get("identifiant", "")[:200], request.form.get("mot_de_passe", "")
    try:
        address, settings = request.remote_addr or "", security.settings()
        other = journey.search(session.account, typed, password, address, hot_path(), settings)
    except Refusal as refusal:
        db.session.commit()
        return _search_page(session, refusal, typed), 429 if isinstance(refusal, TooManyTries) else 422
    flow = flows.start("merging", security.browser(), life=journey.LIFE)
    journey.begin(flow, session, other)
    db.session.commit()
    return see_other(url_for("account.merge", flow_id=flow.id))


@pages.get("/enfants/ajouter/<flow_id>")
def merge(flow_id: str) -> Answer:
    session, flow = _find_flow(flow_id)
    if journey.current_step(flow) == journey.FINISHED:
        return see_other(url_for("account.children"))
    return _page(flow, session)


@pages.post("/enfants/ajouter/<flow_id>/dates")
def merge_dates(flow_id: str) -> Answer:
    security.check_form()
    session, flow = _find_flow(flow_id, for_update=True)
    if journey.current_step(flow) != journey.DATES:
        return see_other(url_for("account.merge", flow_id=flow_id))
    confirm = partial(journey.confirm_dates, flow)
    if wrong := birth_dates.refused(journey.pupils_of(flow), confirm, partial(_page, flow, session)):
        return wrong
    db.session.commit()
    return see_other(url_for("account.merge", flow_id=flow_id))


@pages.post("/enfants/ajouter/<flow_id>/ajouter")
def merge_add(flow_id: str) -> Answer:
    security.check_form()
    session, flow = _find_flow(flow_id, for_update=True)
    try:
        if journey.current_step(flow) != journey.FINISHED:
            journey.add(flow, language=current_language())
    except ChildrenChanged as refusal:
        db.session.commit()
        return _page(flow, session, refusal), 409
    except WrongStep:
        db.session.commit()
        return see_other(url_for("account.search"))
    except (NotMergeable, SameAccount, DifferentPerson) as refusal:
        db.session.commit()
        return _search_page(session, refusal), 422
    db.session.commit()
    return see_other(url_for("account.children", ajoutes=1))


def _find_flow(flow_id: str, *, for_update: bool = False) -> tuple[Session, Flow]:
    """This session's own flow, or the error page (404): another's, another session's and none are told alike."""
    session = require_session()
    flow = flows.find(flow_id, security.browser(), for_update=for_update)
    if flow is None or not journey.is_of(flow, session):
        abort(404)
    return session, flow


def _search_page(session: Session, refusal: Refusal | None = None, typed: str = "") -> str:
    kind = type(refusal).__name__ if refusal else ""
    return show("merging/search", session, refusal=refusal, kind=kind, typed=typed)


def _page(
    flow: Flow,
    session: Session,
    refusal: Refusal | None = None,
    *,
    typed: dict[str, str] | None = None,
    errors: list[tuple[str, str, str]] | None = None,
) -> str:
    facts: dict[str, Any] = {"refusal": refusal, "kind": type(refusal).__name__ if refusal else ""}
    facts |= {"flow": flow, "other": journey.other_of(flow), "typed": typed or {}, "errors": errors or []}
    if journey.current_step(flow) == journey.DATES:
        children = journey.pupils_of(flow)
        if not children:
            return _search_page(session, NoChild())
        return show("merging/birth_dates", session, children=children, **facts)
    return show("merging/add", session, children=journey.children_of(flow), **facts)
