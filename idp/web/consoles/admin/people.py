"""Who works here: the list, invitations, closing an account. An administrator is made at the command line alone, by
somebody who may run it; nobody changes their own account (ATTACKS 125, 138)."""

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp.db import db
from idp.errors import Refusal
from idp.staff import academies, invitations
from idp.staff import service as colleagues
from idp.staff.borders import administered
from idp.staff.errors import LoginInvalid, LoginTaken, RoleIncomplete
from idp.staff.models import StaffAccount
from idp.web import security
from idp.web.consoles import csv_export, navigation
from idp.web.consoles.frame import moment, pages, role_name, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.tables import Column, Table

navigation.add("administrator", "people", lambda: _("Personnel"), "people")

INVITED = ("school_head", "support")


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
    """Everybody, whatever the role."""
    query = select(StaffAccount)
    if request.args.get("export") == "csv":
        return csv_export.answer("personnel", _table().columns, csv_export.later(_table(), query, request.args))
    page = _table().page(query, request.args)
    return show("admin/people", page=page, columns=_table().columns, done=request.args.get("fait", ""))


@pages.route("/personnel/inviter", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_invite() -> Answer:
    """A school head or a support agent; the link is shown once."""
    if request.method == "GET":
        return _invite({})
    typed = {name: request.form.get(name, "")[:100].strip() for name in ("login", "nom", "role", "ecoles", "academie")}
    if typed["role"] not in INVITED:
        return _invite(typed, ("role", _("Choisissez un rôle."))), 422
    head = typed["role"] == "school_head"
    try:
        account = colleagues.add(
            typed["login"],
            typed["nom"],
            "school_head" if head else "support",
            uais=typed["ecoles"].replace(",", " ").split() if head else (),
            academie="" if head else typed["academie"],
            by=staff().by,
        )
    except (LoginInvalid, LoginTaken, RoleIncomplete) as refusal:
        db.session.rollback()
        return _invite(typed, _words(refusal)), 422
    settings = security.settings()
    token = invitations.make(account, "account", settings.staff, by=staff().by)
    db.session.commit()
    link = f"{settings.server.issuer}/gestion/invitation/{token}"
    return show("admin/invited", account=account, link=link, hours=settings.staff.invitation_hours)


@pages.route("/personnel/<staff_id>/<any(fermer, rouvrir):act>", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def people_act(staff_id: str, act: str) -> Answer:
    """Close an account at once, or let its owner in again; never one's own."""
    account = db.session.get(StaffAccount, staff_id)
    if account is None:
        abort(404)
    if account.id == staff().id:
        abort(403)
    if request.method == "GET":
        return show("admin/person_act", account=account, act=act)
    (colleagues.disable if act == "fermer" else colleagues.enable)(account, by=staff().by)
    db.session.commit()
    return see_other(url_for("consoles.people", fait=act))


def _invite(typed: dict[str, str], error: tuple[str, str] | None = None) -> str:
    errors = [(error[0], error[0], error[1])] if error else []
    return show("admin/invite", typed=typed, errors=errors, academies=sorted(academies.ACADEMIES), roles=INVITED)


def _words(refusal: Refusal) -> tuple[str, str]:
    match refusal:
        case LoginInvalid():
            return "login", _("3 à 40 lettres minuscules, chiffres, points ou tirets.")
        case LoginTaken():
            return "login", _("Cet identifiant est déjà pris.")
    return "ecoles", _("Donnez les écoles (UAI) d’une direction, ou l’académie de l’assistance.")
