"""«Mon compte»: linking FranceConnect to the account that is open, and cutting the link."""

from flask import request, url_for

from idp.accounts import sessions
from idp.accounts.errors import AccountUnavailable, TooManyTries, WrongCredentials
from idp.accounts.login import authenticate
from idp.db import db
from idp.errors import Refusal
from idp.flows import credentials
from idp.flows import franceconnect as journey
from idp.flows.errors import DifferentPerson
from idp.flows.models import Flow
from idp.franceconnect import service as links
from idp.franceconnect.callback import Login
from idp.franceconnect.errors import AlreadyLinked
from idp.web import security, upstream_logout
from idp.web.catalogue import current_language
from idp.web.hot import hot_path
from idp.web.pages.account.session import require_fresh_login, require_session
from idp.web.pages.flow import Answer, start_flow
from idp.web.pages.frame import see_other
from idp.web.pages.franceconnect import frame
from idp.web.pages.franceconnect.frame import pages
from idp.web.pages.franceconnect.start import leave

FRESH_MINUTES = 5


@pages.get("/compte")
def manage() -> Answer:
    """The links of this account, and what can be linked."""
    return _page()


@pages.post("/compte/lier")
def link() -> Answer:
    """Linking starts here alone, after a login of a moment ago (attack 117)."""
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    purpose = {"is": "link", "account_id": session.account_id}
    return leave(start_flow(), request.form.get("fournisseur", ""), purpose, known=False)


def received(login: Login, purpose: dict[str, str]) -> Answer:
    """The callback of a link: the account must still be open in this browser, and be in the same person's name."""
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    if session is None or session.account_id != purpose["account_id"]:
        db.session.commit()
        return see_other(url_for("franceconnect.manage"))
    try:
        journey.check_person(session.account, login.identity)
        links.link(session.account_id, login.identity)
    except (DifferentPerson, AlreadyLinked) as refusal:
        db.session.commit()
        return _page(refusal), 409
    credentials.tell_owner(session.account, "upstream_linked", language=current_language())
    db.session.commit()
    return see_other(url_for("franceconnect.manage", lie=1))


@pages.post("/compte/<link_id>/retirer")
def unlink(link_id: str) -> Answer:
    """The password is asked first, so that nobody locks themselves out. Another account's link is not found."""
    security.check_form()
    session = require_session()
    account, typed = session.account, request.form.get("mot_de_passe", "")
    if account.password_hash is None:
        return _page(WrongCredentials()), 422
    try:
        authenticate(account.identifiant, typed, request.remote_addr or "", hot_path(), security.settings())
    except (WrongCredentials, TooManyTries, AccountUnavailable) as refusal:
        db.session.commit()
        return _page(refusal), 422
    if links.unlink(session.account_id, link_id):
        credentials.tell_owner(account, "upstream_unlinked", language=current_language())
    db.session.commit()
    return see_other(url_for("franceconnect.manage", retire=1))


def _page(refusal: Refusal | None = None) -> str:
    session = require_session()
    found = links.links_of(session.account_id)
    by_issuer = {one.issuer: one.name for one in upstream_logout.logins().upstreams}
    return frame.show(
        "manage",
        Flow(),
        refusal,
        account=session.account,
        links=[(one, by_issuer.get(one.issuer, one.issuer)) for one in found],
        linked="lie" in request.args,
        unlinked="retire" in request.args,
    )
