"""Who works here: the list, what waits for a second administrator, one colleague's page, invitations."""

from typing import NoReturn

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp import audit
from idp.db import db
from idp.errors import Refusal
from idp.registry import academies
from idp.staff import invitations, passkeys, proposals
from idp.staff import service as colleagues
from idp.staff.borders import administered
from idp.staff.errors import AlreadyProposed, EmailInvalid, LoginInvalid, LoginTaken, NobodyToConfirm, RoleIncomplete
from idp.staff.models import ROLES, Role, StaffAccount
from idp.web import security
from idp.web.consoles import csv_export, navigation
from idp.web.consoles.admin import words
from idp.web.consoles.frame import moment, pages, role_name, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.tables import Column, Table

navigation.add("administrator", "people", lambda: _("Personnel"), "people")


def _table() -> Table:
    columns = (
        Column("identifiant", lambda: _("Identifiant"), lambda row: row.StaffAccount.login, StaffAccount.login),
        Column("nom", lambda: _("Nom"), lambda row: row.StaffAccount.name, StaffAccount.name),
        Column("role", lambda: _("Rôle"), lambda row: role_name(row.StaffAccount.role), StaffAccount.role),
        Column("vue", lambda: _("Voit"), lambda row: _sees(row.StaffAccount)),
        Column("derniere", lambda: _("Dernière connexion"), lambda row: _last(row.StaffAccount)),
        Column("etat", lambda: _("État"), lambda row: _state(row.StaffAccount)),
    )
    return Table(StaffAccount.id, columns)


def _sees(account: StaffAccount) -> str:
    return ", ".join(account.uais) or account.academie


def _last(account: StaffAccount) -> str:
    return moment(account.last_login_at) if account.last_login_at else str(_("Jamais"))


def _state(account: StaffAccount) -> str:
    return str(_("Fermé") if account.disabled_at else _("Ouvert") if account.password_hash else _("Invité"))


@pages.get("/personnel")
@opened_to("administrator", border=administered)
def people() -> Answer:
    """Everybody, whatever the role, and what waits for a second administrator."""
    query = select(StaffAccount)
    if request.args.get("export") == "csv":
        return csv_export.answer("personnel", _table().columns, csv_export.later(_table(), query, request.args))
    return show(
        "admin/people",
        page=_table().page(query, request.args),
        columns=_table().columns,
        waiting=proposals.waiting(),
        may_confirm=proposals.may_confirm,
        asked=words.PROPOSALS,
        done=words.DONE_TO_PEOPLE.get(request.args.get("fait", "")),
    )


@pages.get("/personnel/<staff_id>")
@opened_to("administrator", border=administered)
def people_person(staff_id: str) -> Answer:
    """One colleague: what is known, and what may be done."""
    account = db.session.get(StaffAccount, staff_id) or abort(404)
    return show(
        "admin/person",
        account=account,
        passkeys=passkeys.of(account.id),
        state=_state(account),
        sees=_sees(account),
        waiting=[one for one in proposals.waiting() if one.staff_id == account.id],
        asked=words.PROPOSALS,
        possible=[act for act in proposals.ACTS if proposals.is_possible(act, account)],
        is_new=colleagues.is_new(account),
    )


def colleague(staff_id: str) -> StaffAccount:
    """Somebody else's account: nobody acts on their own (ATTACKS 125)."""
    account = db.session.get(StaffAccount, staff_id) or abort(404)
    if account.id == staff().id:
        refuse_own_act()
    return account


def refuse_own_act() -> NoReturn:
    """403, and a line in the audit log."""
    audit.record("staff.own_act_refused", by=staff().by, page=request.endpoint or "")
    db.session.commit()
    abort(403)


@pages.route("/personnel/inviter", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_invite() -> Answer:
    """A school head or a support agent; an administrator, once a second one agrees."""
    if request.method == "GET":
        return _invite({})
    typed = typed_fields("login", "nom", "email", "role", "ecoles", "academie")
    role = role_of(typed)
    if role is None:
        return _invite(typed, ("role", _("Choisissez un rôle."))), 422
    settings = security.settings()
    try:
        if role == "administrator":
            proposals.propose_administrator(typed["login"], typed["nom"], typed["email"], settings, by=staff())
            db.session.commit()
            return see_other(url_for("consoles.people", fait="demande"))
        uais, academie = border_of(typed)
        account = colleagues.add(
            typed["login"], typed["nom"], role, email=typed["email"], uais=uais, academie=academie, by=staff().by
        )
    except (LoginInvalid, LoginTaken, EmailInvalid, RoleIncomplete, AlreadyProposed, NobodyToConfirm) as refusal:
        db.session.rollback()
        return _invite(typed, words_of(refusal)), 422
    link = invitations.give(account, "account", settings, by=staff().by)
    db.session.commit()
    return link_page(account, link)


def link_page(account: StaffAccount, link: str) -> Answer:
    """The link has left by mail; it is shown, once, where the account has no address."""
    hours = security.settings().staff.invitation_hours
    return show("admin/invited", account=account, link="" if account.email else link, hours=hours)


def typed_fields(*names: str) -> dict[str, str]:
    """What was typed, as far as a field can be long."""
    return {name: request.form.get(name, "")[:254].strip() for name in names}


def role_of(typed: dict[str, str]) -> Role | None:
    """The role that was chosen."""
    return next((role for role in ROLES if role == typed["role"]), None)


def border_of(typed: dict[str, str]) -> tuple[list[str], str]:
    """The schools of a head, the académie of an agent; what was typed for another role is not read."""
    head, agent = typed["role"] == "school_head", typed["role"] == "support"
    schools = typed["ecoles"].replace(",", " ").split() if head else []
    return schools, typed["academie"] if agent else ""


def _invite(typed: dict[str, str], error: tuple[str, str] | None = None) -> str:
    errors = [(error[0], error[0], error[1])] if error else []
    return show("admin/invite", typed=typed, errors=errors, academies=sorted(academies.ACADEMIES), roles=ROLES)


def words_of(refusal: Refusal) -> tuple[str, str]:
    """The field that is wrong, and what is wrong with it."""
    match refusal:
        case LoginInvalid():
            return "login", _("3 à 40 lettres minuscules, chiffres, points ou tirets.")
        case LoginTaken():
            return "login", _("Cet identifiant est déjà pris.")
        case EmailInvalid():
            return "email", _("Cette adresse mail n’est pas correcte.")
        case RoleIncomplete():
            return "ecoles", _("Donnez les écoles (UAI) d’une direction, ou l’académie de l’assistance.")
    return "role", str(words.REFUSED_ACTS[type(refusal)])
