"""«Vérification Mail», and the page behind the link of its mail."""

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from idp.accounts import sessions
from idp.accounts.errors import LinkExpired
from idp.accounts.models import Account
from idp.db import db
from idp.flows import activation
from idp.flows import email_validation as journey
from idp.flows.errors import AddressRefused, TooManyMails
from idp.flows.models import Flow
from idp.web import security
from idp.web.catalogue import current_language
from idp.web.pages.flow import Answer, find_flow, start_flow
from idp.web.pages.frame import breakable, see_other, way_out

pages = Blueprint("email_validation", __name__, url_prefix="/verification-mail")

LONGEST = 300
"""Characters of a field; more is cut before anything looks at it."""


def account_of(flow: Flow) -> Account | None:
    """Whose address it is: who logged in by this flow and still is, or who activates a letter's account by it."""
    if flow.account_id is None:
        return activation.account_of(flow)
    session = sessions.find(security.read_cookie(security.SESSION), security.settings().sessions)
    return session.account if session is not None and session.account_id == flow.account_id else None


def send(account: Account, address: str) -> None:
    """Mail the link to an address. Raises TooManyMails."""
    settings = security.settings()
    language = current_language()
    journey.send(account, address, request.remote_addr or "", language, link_url, settings.email_validation)


def link_url(token: str) -> str:
    """A link's address, from the configured issuer alone (ATTACKS 89)."""
    return security.settings().server.issuer + journey.LINK + token


def read_address() -> str:
    """The address of the form, or the one that its button «Utiliser …» proposes. Raises AddressRefused."""
    if accepted := request.form.get("utiliser", "")[:LONGEST]:
        return journey.check_typed(accepted, accepted, seen=accepted)
    typed, again = (request.form.get(name, "")[:LONGEST] for name in ("email", "email_confirmation"))
    return journey.check_typed(typed, again, seen=request.form.get("adresse_vue", ""))


def errors_of(refusal: AddressRefused | TooManyMails | None) -> list[tuple[str, str, str]]:
    """The refusal, in words, for the summary."""
    if not isinstance(refusal, AddressRefused):
        return []
    if refusal.reason == "different":
        return [("email-confirmation", "email_confirmation", _("Les deux adresses mail sont différentes."))]
    if refusal.reason == "shape":
        words = breakable(_("Écrivez une adresse complète, par exemple : prenom.nom@example.org"))
        return [("email", "email", words)]
    return []


@pages.get("/<flow_id>")
def show(flow_id: str) -> Answer:
    flow = find_flow(flow_id)
    account = account_of(flow)
    if account is None:
        return see_other(url_for("login.bare"))
    if activation.is_under_way(flow) and activation.current_step(flow) not in ("email", "courriel"):
        return see_other(url_for("activation.resume", flow_id=flow.id))
    if not activation.is_under_way(flow) and not journey.is_due(account):
        return see_other(way_out(flow))
    return _form(flow, account)


@pages.post("/<flow_id>")
def submit(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    account = account_of(flow)
    if account is None or not _may_give_address(flow, account):
        return see_other(url_for("email_validation.show", flow_id=flow.id))
    try:
        address = read_address()
        send(account, address)
    except (AddressRefused, TooManyMails) as refusal:
        db.session.commit()
        return _form(flow, account, refusal), 429 if isinstance(refusal, TooManyMails) else 422
    activation.note_address(flow, account)
    db.session.commit()
    return see_other(url_for("email_validation.sent", flow_id=flow.id))


@pages.get("/<flow_id>/envoye")
def sent(flow_id: str) -> Answer:
    flow = find_flow(flow_id)
    account = account_of(flow)
    if account is None or not account.email:
        return see_other(url_for("email_validation.show", flow_id=flow.id))
    if activation.is_under_way(flow) and activation.current_step(flow) != "courriel":
        return see_other(url_for("activation.resume", flow_id=flow.id))
    return _sent(flow, account)


@pages.post("/<flow_id>/renvoyer")
def resend(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    account = account_of(flow)
    if account is None or not account.email or not journey.is_due(account):
        return see_other(url_for("email_validation.show", flow_id=flow.id))
    try:
        send(account, journey.address_sent_to(account))
    except TooManyMails as refusal:
        db.session.commit()
        return _sent(flow, account, refusal), 429
    db.session.commit()
    return see_other(url_for("email_validation.sent", flow_id=flow.id, renvoye=1))


@pages.get(journey.LINK.removeprefix("/verification-mail") + "<token>")
def open_link(token: str) -> Response:
    """The link of the mail: its token leaves the address at once, and nothing changes (ATTACKS 74, 90)."""
    flow = start_flow()
    journey.keep_link(flow, token)
    db.session.commit()
    return see_other(url_for("email_validation.confirm_page", flow_id=flow.id))


@pages.get("/<flow_id>/valider")
def confirm_page(flow_id: str) -> Answer:
    flow = find_flow(flow_id)
    if (account := journey.confirmed_account(flow)) is not None:
        return render_template("email_validation/confirmed.html", account=account)
    link = journey.link_of(flow)
    if link is None:
        return render_template("email_validation/expired.html"), 410
    return render_template("email_validation/confirm.html", flow=flow, address=link.address)


@pages.post("/<flow_id>/valider")
def confirm(flow_id: str) -> Answer:
    security.check_form()
    flow = find_flow(flow_id, for_update=True)
    if journey.confirmed_account(flow) is None:
        try:
            journey.confirm(flow)
        except LinkExpired:
            db.session.commit()
            return render_template("email_validation/expired.html"), 410
    db.session.commit()
    return see_other(url_for("email_validation.confirm_page", flow_id=flow.id))


def _may_give_address(flow: Flow, account: Account) -> bool:
    if activation.is_under_way(flow):
        return activation.current_step(flow) in ("email", "courriel")
    return journey.is_due(account)


def _form(flow: Flow, account: Account, refusal: AddressRefused | TooManyMails | None = None) -> str:
    known = journey.address_sent_to(account)
    return render_template(
        "email_validation/verify.html",
        flow=flow,
        account=account,
        refusal=refusal,
        kind=type(refusal).__name__ if refusal else "",
        typed={name: request.form.get(name, known)[:LONGEST] for name in ("email", "email_confirmation")},
        errors=errors_of(refusal),
        step=activation.number_of(flow, "email"),
        way_out=_way_on(flow),
    )


def _sent(flow: Flow, account: Account, refusal: TooManyMails | None = None) -> str:
    return render_template(
        "email_validation/sent.html",
        flow=flow,
        account=account,
        address=journey.address_sent_to(account),
        refusal=refusal,
        resent="renvoye" in request.args,
        step=activation.number_of(flow, "courriel"),
        way_out=_way_on(flow),
    )


def _way_on(flow: Flow) -> str:
    """Where one may go without validating; nowhere for an account from a letter."""
    return "" if activation.is_under_way(flow) else way_out(flow)
