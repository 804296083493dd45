"""«Modifier mon adresse mail». Source: parents' guide, «Comment modifier votre adresse mail ?»"""

from flask import request, url_for
from flask_babel import gettext as _

from idp.accounts import email as addresses
from idp.accounts.models import Session
from idp.db import db
from idp.errors import Refusal
from idp.flows import email_change
from idp.flows.errors import AddressRefused, TooManyRequests
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages import email_change as link_pages
from idp.web.pages import email_validation
from idp.web.pages.account.frame import pages, show
from idp.web.pages.account.session import require_fresh_login
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other

FRESH_MINUTES = 10
"""Somebody at a screen that was left open does not move the account to an address of their own (ATTACKS 95)."""
LONGEST = 300
Errors = list[tuple[str, str, str]]


@pages.get("/adresse-mail")
def email() -> Answer:
    return _page(require_fresh_login(FRESH_MINUTES))


@pages.post("/adresse-mail")
def change_email() -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    address, errors, meant = _read(session)
    if errors or meant:
        return _page(session, errors=errors, meant=meant), 422
    try:
        email_change.ask(
            session.account,
            address,
            request.remote_addr or "",
            current_language(),
            link_pages.URLS,
            security.settings(),
        )
    except TooManyRequests as refusal:
        db.session.commit()
        return _page(session, refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("account.informations", adresse_modifiee=1))


@pages.post("/adresse-mail/renvoyer")
def resend_email() -> Answer:
    security.check_form()
    session = require_fresh_login(FRESH_MINUTES)
    try:
        sent = email_change.send_again(
            session.account, request.remote_addr or "", current_language(), link_pages.URLS, security.settings()
        )
    except TooManyRequests as refusal:
        db.session.commit()
        return _page(session, refusal=refusal), 429
    db.session.commit()
    return see_other(url_for("account.email", envoye=1) if sent else url_for("account.email"))


def _read(session: Session) -> tuple[str, Errors, str]:
    """The address typed twice, what is wrong with it, and what was probably meant."""
    try:
        address = email_validation.read_address()
    except AddressRefused as refusal:
        return "", email_validation.errors_of(refusal), refusal.suggestion
    account = session.account
    if account.email and account.email_verified_at and addresses.fold(account.email) == addresses.fold(address):
        return "", [("email", "email", _("C’est déjà votre adresse mail. Écrivez-en une autre."))], ""
    return address, [], ""


def _page(session: Session, *, errors: Errors | None = None, meant: str = "", refusal: Refusal | None = None) -> str:
    typed = {name: request.form.get(name, "")[:LONGEST] for name in ("email", "email_confirmation")}
    return show(
        "email",
        session,
        pending=email_change.pending(session.account),
        sent="envoye" in request.args,
        typed=typed,
        meant=meant,
        errors=errors or [],
        refusal=refusal,
    )
