"""«Connecter un appareil»: the code that a screen shows is typed here, by who may let it in (RFC 8628 §3.3)."""

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for

from idp import limits
from idp.accounts.models import Session
from idp.db import db
from idp.grants import consents, devices
from idp.grants.models import DeviceRequest
from idp.oidc import device_code
from idp.web import scope_words, security, service_facts
from idp.web.pages.account.session import require_session
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other

pages = Blueprint("device", __name__, url_prefix="/appareil")

WINDOW_SECONDS = 900


@pages.get("")
def enter() -> str:
    """The code of `verification_uri_complete` is only written into the field: a click is still needed (§5.4)."""
    session = require_session()
    return _form(session, typed=request.args.get("code", "")[:20])


@pages.post("")
def submit() -> Answer:
    """Five wrong codes, then a wait (attack 52): a try is counted before its code is looked at.

    A right code gives back its own try alone, since anybody can have one of a screen of theirs.
    """
    security.check_form()
    session = require_session()
    typed, key = request.form.get("code", "")[:20], f"device:{session.account_id}"
    if not limits.hit(key, limit=security.settings().protocol.device_code_tries, window_seconds=WINDOW_SECONDS):
        return _form(session, typed, refusal="many"), 429
    device = devices.claim(_digest(typed), session)
    if device is None:
        db.session.commit()
        return _form(session, typed, refusal="wrong"), 422
    device_id = device.id
    db.session.commit()
    limits.take_back_now(key, current_app.extensions["idp"].hot)
    return see_other(url_for("device.confirm", device_id=device_id))


@pages.get("/<device_id>")
def confirm(device_id: str) -> str:
    """Who asks, and for what: the name is the registered one, whatever a message told the parent."""
    session = require_session()
    device = _find(device_id, session)
    client = current_app.extensions["idp"].provider.clients.find(device.client_id) or abort(404)
    described = service_facts.describe(client)
    facts = scope_words.describe(session.account_id, device.scope.split())
    return render_template("device/confirm.html", client=described, facts=facts, account=session.account, device=device)


@pages.post("/<device_id>")
def decide(device_id: str) -> Answer:
    security.check_form()
    session = require_session()
    device = _find(device_id, session)
    approved = request.form.get("choix") == "oui"
    if not devices.decide(device, session, approved=approved):
        abort(404)
    if approved:
        consents.give(session.account_id, device.client_id, tuple(device.scope.split()))
    db.session.commit()
    return see_other(url_for("device.done", resultat="oui" if approved else "non"))


@pages.get("/fin/<resultat>")
def done(resultat: str) -> str | Response:
    require_session()
    return render_template("device/done.html", approved=resultat == "oui")


def _find(device_id: str, session: Session) -> DeviceRequest:
    device = devices.find(device_id, session)
    if device is None:
        abort(404)
    return device


def _digest(typed: str) -> bytes:
    key = current_app.extensions["idp"].provider.keys.get().pairwise
    return device_code.user_code_digest(key, device_code.normalise(typed))


def _form(session: Session, typed: str = "", refusal: str = "") -> str:
    return render_template("device/enter.html", account=session.account, typed=typed, refusal=refusal)
