"""Who may open a page of the account: somebody logged in, and logged in a moment ago where it matters."""

import datetime as dt
from typing import NoReturn

from flask import abort, current_app, request, url_for

from idp import clock
from idp.accounts import sessions
from idp.accounts.models import Session
from idp.db import db
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages.flow import start_flow
from idp.web.pages.frame import RETURN_TO, see_other
from idp.web.pages.login import CONFIRMS


def require_session() -> Session:
    """This browser's session; without one, the login page, which comes back to the page asked for."""
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    if session is not None and request.method == "POST":
        # Somebody who acts in a language is written to in it; a link alone, from elsewhere, changes nothing.
        session.account.language = current_language()
    db.session.commit()
    if session is None:
        _log_in({})
    return session


def require_fresh_login(minutes: int) -> Session:
    """This browser's session, when its login is at most that old; the password is asked once more otherwise."""
    session = require_session()
    if session.auth_time + dt.timedelta(minutes=minutes) <= clock.now():
        _log_in({CONFIRMS: {"identifiant": session.account.identifiant}})
    return session


def _log_in(state: dict[str, object]) -> NoReturn:
    flow = start_flow({RETURN_TO: _page_asked(), **state})
    abort(see_other(url_for("login.show", flow_id=flow.id)))


def _page_asked() -> str:
    """The page to come back to: this one, or the account's first when this address only takes forms.

    It is the path that the application itself matched, so it is one of the account's, whatever was typed.
    """
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    shows = adapter is not None and adapter.test(request.path, "GET")
    return request.path if shows else url_for("account.informations")
