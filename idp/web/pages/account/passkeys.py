"""Passkeys in «Mes connexions»: add, rename, remove. Adding needs script: it talks to the authenticator."""

import datetime as dt

from flask import Response, abort, jsonify, request, url_for

from idp import authenticators
from idp.accounts import passkeys
from idp.accounts.models import Account, Session
from idp.accounts.passkeys import Passkey
from idp.db import db
from idp.delivery import messages
from idp.errors import Refusal
from idp.flows import challenges
from idp.flows import service as flows
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages.account.devices import describe
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login, require_session
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other

FRESH_MINUTES = 5
PURPOSE: challenges.Purpose = "enrol_passkey"


@pages.get("/connexions/cles/ajouter")
def passkey_form() -> str:
    session = require_fresh_login(FRESH_MINUTES)
    _check_possible()
    return _form(session)


@pages.post("/connexions/cles/defi")
def passkey_challenge() -> Response:
    """For the page's script: what the authenticator is asked, and the flow that holds the challenge."""
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    _check_possible()
    flow = flows.start("passkey", security.browser(), life=challenges.LIFE)
    flow.state = {"session": session.public_id}
    challenge = challenges.give(flow, PURPOSE)
    options = passkeys.options_to_enrol(session.account, challenge, security.settings())
    answer = {"flow": flow.id, "options": options}
    db.session.commit()
    return jsonify(answer)


@pages.post("/connexions/cles/ajouter")
def add_passkey() -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    flow = flows.find(request.form.get("flow", ""), security.browser(), for_update=True)
    if flow is None or flow.state.get("session") != session.public_id:
        abort(404)
    name = request.form.get("nom", "") or describe(session.user_agent)
    try:
        challenge = challenges.take(flow, PURPOSE)
        passkey = passkeys.enrol(
            session.account, request.form.get("reponse", ""), challenge, name, security.settings()
        )  # fmt: skip
    except Refusal as refusal:
        db.session.commit()
        return _form(session, refusal), 422
    _tell(session.account, "passkey_added", passkey.name, passkey.created_at)
    db.session.commit()
    return see_other(url_for("account.connections", fait="cle-ajoutee"))


@pages.get("/connexions/cles/<passkey_id>")
def passkey(passkey_id: str) -> Answer:
    """One passkey: its name, and the way to remove it."""
    session = require_session()
    return show("passkeys/one", session, passkey=_own(session, passkey_id))


@pages.post("/connexions/cles/<passkey_id>/renommer")
def rename_passkey(passkey_id: str) -> Answer:
    security.check_form()
    session = require_session()
    passkeys.rename(_own(session, passkey_id), request.form.get("nom", ""))
    db.session.commit()
    return see_other(url_for("account.connections", fait="cle-renommee"))


@pages.post("/connexions/cles/<passkey_id>/supprimer")
def remove_passkey(passkey_id: str) -> Answer:
    """Needs a fresh login, as adding does: nobody takes the owner's way in away from a browser left open."""
    security.check_form()
    own = _own(require_session(), passkey_id)
    session = require_fresh_login(FRESH_MINUTES)
    name = own.name
    passkeys.remove(own)
    _tell(session.account, "passkey_removed", name, None)
    db.session.commit()
    return see_other(url_for("account.connections", fait="cle-supprimee"))


def _own(session: Session, passkey_id: str) -> Passkey:
    """The account's own passkey; another's and none are told alike (ATTACKS 104)."""
    found = passkeys.find(session.account_id, passkey_id)
    if found is None:
        abort(404)
    return found


def _check_possible() -> None:
    if not authenticators.is_possible(security.settings()):
        abort(404)


def _form(session: Session, refusal: Refusal | None = None) -> str:
    kind = type(refusal).__name__ if refusal else ""
    return show("passkeys/add", session, kind=kind, name=describe(session.user_agent))


def _tell(account: Account, name: str, passkey_name: str, at: dt.datetime | None) -> None:
    """The owner hears of every way in that comes or goes (ATTACKS 95)."""
    if account.email and account.email_bounced_at is None:
        language = current_language()
        messages.queue_mail(account.email, name, language=language, account=account, passkey=passkey_name, at=at)
