"""Error pages: a code that the assistance can look for, what to do, never an exception's text."""

import secrets

import structlog
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError

from idp import clock
from idp.accounts.errors import HashingBusy
from idp.db import db

log = structlog.get_logger(__name__)
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def register(app: Flask) -> None:
    """One handler for each kind."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(HashingBusy, _busy)
    app.register_error_handler(Exception, _crash)


def incident() -> str:
    """A code that a person can read out on the telephone."""
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _words(status: int, description: str) -> tuple[str, str]:
    if status == 400 and description == "form":
        return _("La page a expiré"), _("Revenez à la page précédente, rechargez-la et recommencez.")
    if status in (404, 410):
        return _("Cette page n’existe pas"), _("Vérifiez l’adresse, ou recommencez depuis le service.")
    if status == 413:
        return _("Ce message est trop long"), _("Revenez à la page précédente et recommencez.")
    if status == 503:
        return _("Le service est très demandé"), _("Attendez une minute, puis recommencez.")
    if status >= 500:
        return _("Le service ne répond pas"), _("Ce n’est pas de votre faute. Recommencez dans quelques minutes.")
    return _("Cette demande ne peut pas aboutir"), _("Revenez à la page précédente et recommencez.")


def _page(status: int, description: str = "") -> tuple[str, int]:
    code = incident()
    log.warning("error_page", status=status, incident=code)
    title, advice = _words(status, description)
    page = render_template("errors/page.html", title=title, advice=advice, incident=code, at=clock.now(), status=status)
    return page, status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    db.session.rollback()
    if error.response is not None or (error.code or 500) < 400:
        return error
    body, status = _page(error.code or 500, str(error.description or ""))
    kept = [item for item in error.get_headers() if item[0] in ("Allow", "Retry-After")]
    return body, status, kept


def _busy(error: HashingBusy) -> tuple[str, int, dict[str, str]]:
    db.session.rollback()
    body, status = _page(503)
    return body, status, {"Retry-After": str(error.retry_seconds)}


def _crash(error: Exception) -> tuple[str, int]:
    db.session.rollback()
    log.error("crash", exc_info=error)
    return _page(InternalServerError.code)
