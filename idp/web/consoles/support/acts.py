"""What a support agent does to an account: each on a page that says what will happen and asks for the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import lazy_gettext as _

from idp.accounts.identifiant import normalise
from idp.accounts.models import Account
from idp.db import db
from idp.errors import Refusal
from idp.flows import email_validation, merging, standing, support
from idp.flows.errors import (
    NothingToValidate,
    NotMerged,
    NotSuspendable,
    NotSuspended,
    ReasonMissing,
    TooManyMails,
    UndoTooLate,
)
from idp.staff import borders
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

WORDS = {
    ReasonMissing: _("Écrivez pourquoi."),
    NothingToValidate: _("Aucune adresse de ce compte n’attend d’être validée."),
    TooManyMails: _("Trop de courriels sont déjà partis. Attendez un peu."),
    NotSuspendable: _("L’état du compte a changé entre-temps."),
    NotSuspended: _("L’état du compte a changé entre-temps."),
    UndoTooLate: _("Les 30 jours sont passés."),
    NotMerged: _("Choisissez le compte à rouvrir."),
}
REFUSALS = tuple(WORDS)


@dataclass(frozen=True, slots=True)
class Act:
    """A button of the file, and the page behind it."""

    title: object
    explains: object
    do: Callable[[Account, str], None]
    dangerous: bool = False


def _resend(account: Account, reason: str) -> None:
    settings = security.settings()
    source = request.remote_addr or ""
    support.resend_validation(account, reason, staff().by, source, _link_url, settings.email_validation)


def _link_url(token: str) -> str:
    """A link's address, from the configured issuer alone (ATTACKS 89)."""
    return security.settings().server.issuer + email_validation.LINK + token


def _unlock(account: Account, reason: str) -> None:
    standing.unlock(account, staff().by, support.check_reason(reason))


def _suspend(account: Account, reason: str) -> None:
    standing.suspend(account, reason, staff().by)


def _resume(account: Account, reason: str) -> None:
    standing.resume(account, reason, staff().by)


def _undo(account: Account, reason: str) -> None:
    """Only an account that was closed into this very one."""
    named = normalise(request.form.get("compte", ""))
    if named not in [one.identifiant for one in support.undoable(account.id)]:
        raise NotMerged
    merging.undo(named, language=account.language, by=staff().by, reason=support.check_reason(reason))


ACTS = {
    "courriel": Act(
        _("Renvoyer le courriel de validation"),
        _("Un nouveau lien part à l’adresse du compte. Le lien d’avant ne marche plus."),
        _resend,
    ),
    "verrou": Act(
        _("Lever le verrou"),
        _("Les mots de passe faux sont oubliés. La personne peut se connecter tout de suite."),
        _unlock,
    ),
    "suspendre": Act(
        _("Suspendre le compte"),
        _("La personne est déconnectée partout et ne peut plus se connecter. Un courriel le lui dit."),
        _suspend,
        dangerous=True,
    ),
    "reprendre": Act(
        _("Lever la suspension"),
        _("Le compte redevient ce qu’il était. Un courriel le dit à la personne."),
        _resume,
        dangerous=True,
    ),
    "regroupement": Act(
        _("Annuler un regroupement"),
        _("L’autre compte est rouvert avec ses enfants. Un courriel le dit aux deux adresses."),
        _undo,
        dangerous=True,
    ),
}


@pages.route("/comptes/<account_id>/<any(courriel, verrou):act>", methods=["GET", "POST"])
@opened_to("support", border=borders.account_act)
def search_act(account_id: str, act: str) -> Answer:
    """Says what will happen, asks why, does it once."""
    return _act(account_id, act)


@pages.route("/comptes/<account_id>/<any(suspendre, reprendre, regroupement):act>", methods=["GET", "POST"])
@opened_to("support", border=borders.account_act, confirmed=True)
def search_dangerous_act(account_id: str, act: str) -> Answer:
    """The same, after the second factor once more."""
    return _act(account_id, act)


def _act(account_id: str, name: str) -> Answer:
    act, account = ACTS[name], db.session.get_one(Account, account_id)
    if not support.is_open(account_id, staff().by):
        return see_other(url_for("consoles.search_account", account_id=account_id))
    reason = request.form.get("raison", "")[:200]
    if request.method == "GET":
        return _page(account, name, act, "")
    try:
        act.do(account, reason)
    except REFUSALS as refusal:
        db.session.rollback()
        return _page(db.session.get_one(Account, account_id), name, act, reason, refusal), 422
    db.session.commit()
    return see_other(url_for("consoles.search_account", account_id=account_id, fait=name))


def _page(account: Account, name: str, act: Act, reason: str, refusal: Refusal | None = None) -> str:
    undoable = support.undoable(account.id) if name == "regroupement" else []
    refused = _words(refusal)
    errors = [("raison", "raison", refused)] if isinstance(refusal, ReasonMissing) else []
    return show(
        "support/act",
        account=account,
        act=act,
        reason=reason,
        undoable=undoable,
        errors=errors,
        refused="" if errors else refused,
    )


def _words(refusal: Refusal | None) -> str:
    return str(WORDS[type(refusal)]) if refusal is not None else ""
