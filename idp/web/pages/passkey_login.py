"""Logging in with a passkey, from the login page. Only with the browser's script; the button is hidden without."""

from flask import Blueprint, Response, abort, jsonify, request

from idp import authenticators
from idp.accounts import login, passkeys
from idp.accounts.errors import AccountUnavailable, TooManyTries
from idp.accounts.models import Account
from idp.authenticators import PasskeyRefused
from idp.db import db
from idp.flows import challenges
from idp.flows import service as flows
from idp.flows.errors import ChallengeGone
from idp.web import security
from idp.web.pages.flow import Answer, find_flow
from idp.web.pages.frame import see_other, way_out
from idp.web.pages.login import after_login, login_page, open_session

pages = Blueprint("passkey_login", __name__, url_prefix="/connexion")

PURPOSE: challenges.Purpose = "log_in_by_passkey"


@pages.post("/<flow_id>/cle/defi")
def challenge(flow_id: str) -> Response:
    """For the page's script: what the authenticator is asked."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if flow.ended_at is not None or not authenticators.is_possible(security.settings()):
        abort(404)
    options = authenticators.options_to_log_in(challenges.give(flow, PURPOSE), security.settings())
    db.session.commit()
    return jsonify(options)


@pages.post("/<flow_id>/cle")
def submit(flow_id: str) -> Answer:
    """The authenticator's answer; a refused one counts against its address as a wrong password does."""
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if flow.ended_at is not None:
        return see_other(way_out(flow))
    address, settings = request.remote_addr or "", security.settings()
    try:
        login.check_address(address, settings)
        passkey = passkeys.authenticate(request.form.get("reponse", ""), challenges.take(flow, PURPOSE), settings)
        account = db.session.get_one(Account, passkey.account_id)
        login.admit(account)
    except (PasskeyRefused, ChallengeGone) as refusal:
        login.count_failure(address, settings)
        return login_page(flow, refusal), 422
    except (TooManyTries, AccountUnavailable) as refusal:
        db.session.commit()
        return login_page(flow, refusal), 429 if isinstance(refusal, TooManyTries) else 422
    flows.end(flow, account.id)
    cookie = open_session(account, passkey.amr)
    db.session.commit()
    answer = see_other(after_login(flow, account))
    security.give_session(answer, cookie)
    return answer
