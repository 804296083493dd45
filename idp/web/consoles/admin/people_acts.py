"""What is done to a colleague's account, after the second factor once more; never to one's own (ATTACKS 125, 126).

Alone: closing, another role but administrator, another border, another address. With a second administrator: whatever
`idp.staff.proposals` names.
"""

from flask import request, url_for
from flask_babel import gettext as _

from idp.db import db
from idp.errors import Refusal
from idp.registry import academies
from idp.staff import changes, invitations, proposals
from idp.staff import service as colleagues
from idp.staff.borders import administered
from idp.staff.errors import AlreadyProposed, EmailInvalid, NobodyToConfirm, NotReady, RoleIncomplete
from idp.staff.models import ROLES, StaffAccount
from idp.web import security
from idp.web.consoles.admin import words
from idp.web.consoles.admin.people import border_of, colleague, link_page, role_of, typed_fields, words_of
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

PROPOSED: dict[str, proposals.Act] = {"rouvrir": "reopen", "mot-de-passe": "password", "facteur": "factor"}


@pages.route('/personnel/<staff_id>/<any(fermer, rouvrir, lien, "mot-de-passe", facteur):act>', methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_act(staff_id: str, act: str) -> Answer:
    """Says what will happen, then does it, or asks a second administrator for it."""
    account = colleague(staff_id)
    if request.method == "GET":
        return _page(account, act)
    if act in PROPOSED and _takes_two(account, act):
        return _propose(account, PROPOSED[act], act)
    if act == "lien":
        if not colleagues.is_new(account):
            return _page(account, act, NotReady()), 422
        link = invitations.give(account, "account", security.settings(), by=staff().by)
        db.session.commit()
        return link_page(account, link)
    (changes.disable if act == "fermer" else changes.enable)(account, by=staff().by)
    db.session.commit()
    return see_other(url_for("consoles.people", fait="fait"))


def _takes_two(account: StaffAccount, act: str) -> bool:
    return act != "rouvrir" or account.role == "administrator"


def _propose(account: StaffAccount, asked: proposals.Act, act: str) -> Answer:
    try:
        proposals.propose(asked, account, security.settings(), by=staff())
    except (NotReady, AlreadyProposed, NobodyToConfirm) as refusal:
        return _page(account, act, refusal), 422
    db.session.commit()
    return see_other(url_for("consoles.people", fait="demande"))


def _page(account: StaffAccount, act: str, refusal: Refusal | None = None) -> str:
    title, explains = words.ACTS_ON_PEOPLE[act]
    return show(
        "admin/person_act",
        account=account,
        act=act,
        title=title,
        explains=explains,
        takes_two=act in PROPOSED and _takes_two(account, act),
        hours=security.settings().staff.consent_hours,
        refused=words.REFUSED_ACTS[type(refusal)] if refusal else "",
    )


@pages.route("/personnel/<staff_id>/role", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_role(staff_id: str) -> Answer:
    """Another role, other schools, another académie; an administrator, once a second one agrees."""
    account = colleague(staff_id)
    if request.method == "GET":
        now = {"role": account.role, "ecoles": " ".join(account.uais), "academie": account.academie}
        return _role_page(account, now)
    typed = typed_fields("role", "ecoles", "academie")
    role = role_of(typed)
    if role is None:
        return _role_page(account, typed, ("role", _("Choisissez un rôle."))), 422
    try:
        if role == "administrator":
            proposals.propose("administrator", account, security.settings(), by=staff())
            db.session.commit()
            return see_other(url_for("consoles.people", fait="demande"))
        uais, academie = border_of(typed)
        changes.change_role(account, role, uais=uais, academie=academie, by=staff().by)
    except (RoleIncomplete, NotReady, AlreadyProposed, NobodyToConfirm) as refusal:
        db.session.rollback()
        return _role_page(account, typed, words_of(refusal)), 422
    db.session.commit()
    return see_other(url_for("consoles.people", fait="fait"))


def _role_page(account: StaffAccount, typed: dict[str, str], error: tuple[str, str] | None = None) -> str:
    errors = [(error[0], error[0], error[1])] if error else []
    choices = {"academies": sorted(academies.ACADEMIES), "roles": ROLES}
    return show("admin/person_role", account=account, typed=typed, errors=errors, **choices)


@pages.route("/personnel/<staff_id>/adresse", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_email(staff_id: str) -> Answer:
    """Where the colleague is told and gets links; the address of before is told too."""
    account = colleague(staff_id)
    if request.method == "GET":
        return show("admin/person_email", account=account, typed=account.email, errors=[])
    typed = typed_fields("email")["email"]
    try:
        changes.change_email(account, typed, by=staff().by)
    except EmailInvalid as refusal:
        field, message = words_of(refusal)
        return show("admin/person_email", account=account, typed=typed, errors=[(field, field, message)]), 422
    db.session.commit()
    return see_other(url_for("consoles.people", fait="fait"))
