"""Error pages: a code that the assistance can look for, what to do, never an exception's text."""

import structlog
from flask import Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError

from idp import clock
from idp.accounts.errors import HashingBusy
from idp.db import db
from idp.db.conflicts import is_conflict
from idp.web import security
from idp.web.again import LOST
from idp.web.http import BodyTooLarge
from idp.web.incidents import incident_of
from idp.web.pages.flow import start_flow

log = structlog.get_logger(__name__)

STARTS_ANYWHERE = ("login", "self_registration")
"""Journeys whose lost flow may be begun again by a new one."""

SECRETS = {
    "mot_de_passe": "current-password",
    "mot_de_passe_actuel": "current-password",
    "nouveau_mot_de_passe": "new-password",
    "confirmation": "new-password",
    "code": "one-time-code",
}
"""Fields never given back, with their `autocomplete`."""
SECRET_PARTS = ("passe", "password", "secret", "token", "code")
MOST_FIELDS, LONGEST = 60, 2000


def register(app: Flask) -> None:
    """One handler for each kind."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(HashingBusy, _busy)
    app.register_error_handler(BodyTooLarge, _too_large)
    app.register_error_handler(Exception, _crash)


def _words(status: int) -> tuple[str, str]:
    if status in (404, 410):
        return _("Cette page n’existe pas"), _("Vérifiez l’adresse, ou recommencez depuis le service.")
    if status == 413:
        return _("Ce message est trop long"), _("Revenez à la page précédente et recommencez.")
    if status == 429:
        return _("Trop de demandes"), _("Attendez une minute, puis recommencez.")
    if status == 503:
        return _("Le service est très demandé"), _("Attendez une minute, puis recommencez.")
    if status >= 500:
        return _("Le service ne répond pas"), _("Ce n’est pas de votre faute. Recommencez dans quelques minutes.")
    return _("Cette demande ne peut pas aboutir"), _("Revenez à la page précédente et recommencez.")


def _page(status: int) -> tuple[str, int]:
    code = incident_of(request.environ)
    log.warning("error_page", status=status, incident=code)
    title, advice = _words(status)
    page = render_template("errors/page.html", title=title, advice=advice, incident=code, at=clock.now(), status=status)
    return page, status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    db.session.rollback()
    if error.response is not None or (error.code or 500) < 400:
        return error
    if isinstance(error, security.FormRefused):
        return _refused_form(error)
    body, status = _page(error.code or 500)
    kept = [item for item in error.get_headers() if item[0] in ("Allow", "Retry-After")]
    return body, status, kept


def _busy(error: HashingBusy) -> tuple[str, int, dict[str, str]]:
    db.session.rollback()
    body, status = _page(503)
    return body, status, {"Retry-After": str(error.retry_seconds)}


def _too_large(_error: BodyTooLarge) -> tuple[str, int]:
    db.session.rollback()
    return _page(413)


def _lost() -> tuple[str, int, dict[str, str]]:
    """Asked for again by `idp.web.again`; the page is seen when every attempt lost."""
    request.environ[LOST] = True
    log.warning("transaction_lost", incident=incident_of(request.environ))
    body, status = _page(503)
    return body, status, {"Retry-After": "1"}


def _crash(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if is_conflict(error):
        return _lost()
    log.error("crash", incident=incident_of(request.environ), exc_info=error)
    return _page(InternalServerError.code)


def _refused_form(error: security.FormRefused) -> tuple[str, int]:
    """What was typed comes back, secrets apart, to be sent again; not when another site may have typed it."""
    incident = incident_of(request.environ)
    log.warning("form_refused", incident=incident, foreign=error.foreign)
    facts = {"incident": incident, "at": clock.now(), "kept": [], "hidden": [], "secrets": [], "action": ""}
    if not error.foreign and (action := _same_form()):
        facts |= {"action": action, **_typed()}
    return render_template("errors/form.html", **facts), error.code


def _same_form() -> str:
    """The form's address; with a new flow where the old one was tied to a cookie that is gone."""
    values = dict(request.view_args or {})
    room = (request.endpoint or "").partition(".")[0]
    if "flow_id" in values and security.is_new_browser():
        if room not in STARTS_ANYWHERE:
            return ""
        values["flow_id"] = start_flow().id
    query = request.query_string.decode("ascii", "replace")
    return url_for(request.endpoint, **values) + (f"?{query}" if query else "") if request.endpoint else ""


def _typed() -> dict[str, list[tuple[str, str, str]]]:
    """(name, value, label or autocomplete): fields to show, fields that the page had hidden, secrets to type again."""
    labels = {
        "identifiant": _("Identifiant"),
        "nom": _("Nom"),
        "prenom": _("Prénom"),
        "mobile": _("Numéro de téléphone mobile"),
        "email": _("Adresse mail"),
    }
    words = {
        "mot_de_passe_actuel": _("Mot de passe actuel"),
        "nouveau_mot_de_passe": _("Nouveau mot de passe"),
        "confirmation": _("Confirmez le mot de passe"),
        "code": _("Code de validation"),
    }
    typed: dict[str, list[tuple[str, str, str]]] = {"kept": [], "hidden": [], "secrets": []}
    for name, value in list(request.form.items())[:MOST_FIELDS]:
        if name == security.TOKEN_FIELD or len(name) > 80 or len(value) > LONGEST:
            continue
        if name in SECRETS or any(part in name.lower() for part in SECRET_PARTS):
            typed["secrets"].append((name, SECRETS.get(name, "off"), words.get(name, _("Mot de passe"))))
        elif name in labels:
            typed["kept"].append((name, value, labels[name]))
        else:
            typed["hidden"].append((name, value, ""))
    return typed
