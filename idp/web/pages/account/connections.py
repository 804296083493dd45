"""«Mes connexions»: where the account is open, what opens it, who gets its data, what happened."""

from dataclasses import dataclass

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp import authenticators
from idp.accounts import passkeys, sessions
from idp.accounts.models import Session
from idp.db import db
from idp.franceconnect import service as franceconnect
from idp.grants import consents, sign_out
from idp.web import security
from idp.web.pages.account import events
from idp.web.pages.account.devices import describe
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_session
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other


@dataclass(frozen=True)
class Device:
    """A session as its owner reads it."""

    public_id: str
    words: str
    session: Session
    is_this_one: bool


@pages.get("/connexions")
def connections() -> str:
    session = require_session()
    settings = security.settings()
    rows = sessions.live(session.account_id, settings.sessions)
    devices = [Device(row.public_id, describe(row.user_agent), row, row.id == session.id) for row in rows]
    return show(
        "connections",
        session,
        devices=sorted(devices, key=lambda device: not device.is_this_one),
        services=[(service, _data(service.scopes)) for service in consents.recipients(session.account_id)],
        events=events.last(session.account_id),
        linked=len(franceconnect.links_of(session.account_id)),
        passkeys=passkeys.of(session.account_id),
        passkeys_possible=authenticators.is_possible(settings),
        demo=settings.server.demo,
        done=request.args.get("fait", ""),
    )


@pages.post("/connexions/appareils/<public_id>/deconnecter")
def sign_out_device(public_id: str) -> Answer:
    """End one of the account's own sessions; another's and none are told alike (ATTACKS 104)."""
    security.check_form()
    session = require_session()
    query = select(Session).where(Session.public_id == public_id, Session.account_id == session.account_id)
    other = db.session.scalar(query)
    if other is None:
        abort(404)
    sign_out.end_session(other)
    db.session.commit()
    return see_other(url_for("account.connections", fait="deconnecte"))


@pages.post("/connexions/appareils/deconnecter")
def sign_out_others() -> Answer:
    """End every session but this one, with all that was given for offline use."""
    security.check_form()
    session = require_session()
    sign_out.end_sessions(session.account_id, but=session.public_id)
    db.session.commit()
    return see_other(url_for("account.connections", fait="deconnectes"))


@pages.post("/connexions/services/<client_id>/retirer")
def withdraw(client_id: str) -> Answer:
    """Take back what a service may have; what this account never gave is told as what does not exist."""
    security.check_form()
    session = require_session()
    own = {service.client_id for service in consents.recipients(session.account_id) if not service.first_party}
    if client_id not in own or not consents.withdraw(session.account_id, client_id):
        abort(404)
    db.session.commit()
    return see_other(url_for("account.connections", fait="retire"))


def _data(scopes: tuple[str, ...]) -> str:
    """«Identité, enfants»."""
    words = {"profile": _("identité"), "email": _("mail"), "phone": _("téléphone"), "eleves": _("enfants")}
    said = [word for scope, word in words.items() if scope in scopes]
    return ", ".join(said).capitalize() if said else _("Aucune : seulement un identifiant")
