"""The login page. Source: parents' guide, «Écran d'authentification»."""

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from idp import authenticators
from idp.accounts import login, sessions
from idp.accounts.errors import AccountUnavailable, NewPasswordDue, TooManyTries, WrongCredentials
from idp.accounts.letters.errors import LetterExpired
from idp.accounts.models import WAITING, Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import activation, email_validation, new_password_due
from idp.flows import service as flows
from idp.flows.models import Flow
from idp.grants import sign_out
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.hot import hot_path, this_request
from idp.web.pages.flow import Answer, read_flow, start_flow
from idp.web.pages.frame import see_other, show_client, way_out
from idp.web.upstream_logout import logins

pages = Blueprint("login", __name__)

CONFIRMS = "confirms"
"""Part of a flow's state: the page asks somebody that it knows for the password once more."""


@pages.get("/connexion")
def bare() -> Response:
    """Opened without a service."""
    return see_other(url_for("login.show", flow_id=start_flow().id))


@pages.get("/connexion/<flow_id>")
def show(flow_id: str) -> Answer:
    flow = read_flow(flow_id)
    if flow is None:
        # The link is old, or another browser's: the parent is not left at a dead end.
        return see_other(url_for("login.bare"))
    show_client(flow)
    if flow.ended_at is not None:
        return see_other(way_out(flow))
    return login_page(flow)


@pages.post("/connexion/<flow_id>")
def submit(flow_id: str) -> Answer:
    security.check_form()
    flow = read_flow(flow_id) or abort(404)
    show_client(flow)
    if flow.ended_at is not None:
        return see_other(way_out(flow))
    typed, password = request.form.get("identifiant", ""), request.form.get("mot_de_passe", "")
    try:
        passed = _check(typed, password)
        account = login.accept(passed)
        if account.state in WAITING:
            return _activate(flow, account)
        login.admit(account)
    except NewPasswordDue as refusal:
        db.session.add(flow)
        new_password_due.keep(flow, refusal.account_id)
        db.session.commit()
        return see_other(url_for("new_password_due.show", flow_id=flow.id))
    except (WrongCredentials, TooManyTries, AccountUnavailable, LetterExpired) as refusal:
        db.session.commit()
        return login_page(flow, refusal, typed), 429 if isinstance(refusal, TooManyTries) else 422
    flows.end(flow, account.id)
    cookie = open_session(account)
    destination = after_login(flow, account)
    db.session.commit()
    answer = see_other(destination)
    security.give_session(answer, cookie)
    return answer


def _check(typed: str, password: str) -> login.Passed:
    """Raises what `login.check` raises; the form in front of Flask has asked it already, if it could."""
    match this_request().decided:
        case login.Passed() as passed:
            return passed
        case Exception() as error:
            raise error
    typed = typed[: login.LONGEST_TYPED]
    return login.check(typed, password, request.remote_addr or "", hot_path(), security.settings())


def after_login(flow: Flow, account: Account) -> str:
    """Where somebody who logged in goes on: «Vérification Mail» while an address waits for it, then the service.

    Who only confirms a password for a page of ours goes straight there.
    """
    if email_validation.is_due(account) and CONFIRMS not in flow.state:
        return url_for("email_validation.show", flow_id=flow.id)
    return way_out(flow)


def _activate(flow: Flow, account: Account) -> Response:
    """The right password of an account from a letter opens no session: the activation comes first."""
    db.session.add(flow)
    activation.begin(flow, account)
    db.session.commit()
    return see_other(url_for("activation.resume", flow_id=flow.id))


def open_session(account: Account, amr: str = "pwd", acr: str = "") -> str:
    """Log the account in: a new session for this browser; the one that somebody else had there ends, and its services
    are told."""
    settings = security.settings().sessions
    if account.language != (language := current_language()):
        account.language = language
    cookie = security.read_cookie(security.SESSION)
    previous = sessions.find(cookie, settings)
    if previous is not None and previous.account_id != account.id:
        sign_out.end_session(previous)
    user_agent = request.headers.get("User-Agent", "")
    level = acr or sessions.ACR_PASSWORD
    login.note_login(account)
    return sessions.open(account, settings, amr=amr, acr=level, user_agent=user_agent, replaces=cookie)


@pages.get("/connecte")
def logged_in() -> str:
    """Where a login without a service ends when no portal is configured."""
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    db.session.commit()
    return render_template("login/logged_in.html", account=session.account if session else None)


def login_page(flow: Flow, refusal: Refusal | None = None, typed: str = "") -> str:
    """The login page, with what was refused."""
    g.flow_id = flow.id
    known = flow.state.get(CONFIRMS, {})
    return render_template(
        "login/login.html",
        flow=flow,
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
        identifiant=typed or known.get("identifiant") or (flow.request or {}).get("login_hint", ""),
        confirms=bool(known),
        passkeys=authenticators.is_possible(security.settings()),
        without_mobile="sans_mobile" in request.args,
        cancelled_upstream=logins().find(request.args.get("annule", "")),
        new_password="nouveau_mot_de_passe" in request.args,
    )
