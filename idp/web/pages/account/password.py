"""«Modifier mon mot de passe»: current, new, confirmation.

Source: parents’ guide, «Comment modifier votre mot de passe ?»
The new one is for the next login: this session goes on under a new cookie, every other one ends.
"""

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp.accounts import login, passwords, sessions
from idp.accounts.errors import TooManyTries, WrongCredentials
from idp.accounts.models import Account, Session
from idp.db import db
from idp.flows import credentials
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.hot import hot_path
from idp.web.pages import new_password as form
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login, require_session
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other

FRESH_MINUTES = 10
"""An account without a password gets its first one from somebody who logged in that recently (ATTACKS 95)."""


@pages.get("/mot-de-passe")
def password() -> Answer:
    return show("password", _owner(), errors=[])


@pages.post("/mot-de-passe")
def change_password() -> Answer:
    security.check_form()
    session = _owner()
    account_id, before = session.account.id, session.account.password_hash
    try:
        errors = _check_current(session.account) if before else []
    except TooManyTries as refusal:
        db.session.commit()
        return show("password", session, errors=[], refusal=refusal), 429
    chosen, faults = form.read(session.account.identifiant)
    if before and not errors and not faults and chosen == request.form.get("mot_de_passe_actuel", ""):
        faults = [(form.TARGET, form.FIELD, _("Choisissez un mot de passe différent de l’ancien."))]
    if errors or faults:
        return show("password", session, errors=errors + faults), 422
    db.session.commit()
    return _finish(account_id, before, passwords.hash(chosen, security.settings().passwords))


def _owner() -> Session:
    session = require_session()
    return session if session.account.password_hash else require_fresh_login(FRESH_MINUTES)


def _check_current(account: Account) -> form.Errors:
    """A wrong one counts as a wrong password of the login page. Raises TooManyTries."""
    typed = request.form.get("mot_de_passe_actuel", "")
    try:
        address, settings = request.remote_addr or "", security.settings()
        login.verify(account.identifiant, typed, address, hot_path(), settings, even_if_due=True)
    except WrongCredentials:
        return [("mot-de-passe-actuel", "mot_de_passe_actuel", _("Ce n’est pas votre mot de passe actuel."))]
    return []


def _finish(account_id: str, before: str | None, password_hash: str) -> Answer:
    """One transaction after the hash; a password that changed meanwhile, by a reset, wins over this page."""
    held = select(Account).where(Account.id == account_id).with_for_update()
    account = db.session.scalars(held.execution_options(populate_existing=True)).one()
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    if session is None or account.password_hash != before:
        db.session.rollback()
        return see_other(url_for("account.password"))
    credentials.change_password(account, password_hash, language=current_language(), kept=session)
    cookie = sessions.renew(session)
    db.session.commit()
    answer = see_other(url_for("account.informations", mot_de_passe_modifie=1))
    security.give_session(answer, cookie)
    return answer
