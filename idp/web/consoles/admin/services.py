"""Services, the tiles of portals: the list in its order, the form with the tile as parents see it."""

from collections.abc import Collection, Mapping
from typing import Any

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp.db import db
from idp.registry.academies import ACADEMIES
from idp.relying_parties.models import Client
from idp.services import pictures, service
from idp.services.errors import InvalidService
from idp.services.members import SERVICE_ID
from idp.services.models import Service
from idp.staff.borders import administered
from idp.web import security
from idp.web.consoles import csv_export, navigation
from idp.web.consoles.admin import words
from idp.web.consoles.admin.service_form import ServiceForm, by_field
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.tables import Column

navigation.add("administrator", "services", lambda: _("Services"), "tiles")

STATES = words.SERVICE_STATES
MOVES = {"monter": -1, "descendre": 1}


def words_of_schools(one: Service) -> str:
    """Which schools have it, in words."""
    degrees = {1: _("écoles"), 2: _("collèges et lycées")}
    parts = [degrees[degree] for degree in one.degrees]
    parts += [_("académie de %(name)s", name=name) for name in one.academies]
    parts += [", ".join(one.uais)] if one.uais else []
    return "; ".join(parts) or str(_("Toutes"))


COLUMNS = (
    Column("place", lambda: _("Place"), lambda one: str(one.position)),
    Column("titre", lambda: _("Titre"), lambda one: one.title),
    Column("id", lambda: _("Identifiant"), lambda one: one.service_id),
    Column("ouvre", lambda: _("Ouvre"), lambda one: one.client_id or one.link),
    Column("ecoles", lambda: _("Écoles"), words_of_schools),
    Column("etat", lambda: _("État"), lambda one: str(STATES[one.state][0])),
)


@pages.get("/services")
@opened_to("administrator", border=administered)
def services() -> Answer:
    """Every service, in the order of the tiles."""
    if request.args.get("export") == "csv":
        return csv_export.answer("services", COLUMNS, _later())
    return show(
        "admin/services",
        found=service.list_services(),
        states=STATES,
        schools_of=words_of_schools,
        done=request.args.get("fait", ""),
    )


@pages.route("/services/nouveau", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def services_new() -> Answer:
    """The form of a new service."""
    if request.method == "GET":
        return _form("", {})
    form = _bound()
    service_id, document = form.service_id.data or "", form.patch()
    if SERVICE_ID.fullmatch(service_id) and db.session.get(Service, service_id) is not None:
        taken = ("service_id", "service_id", str(_("Cet identifiant est déjà pris.")))
        return _form(service_id, document, [taken]), 422
    return _save(service_id, document)


@pages.route("/services/<service_id>", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def services_one(service_id: str) -> Answer:
    """One service, and its tile."""
    one = _find(service_id)
    if request.method == "GET":
        return _form(service_id, service.describe(one), one=one)
    return _save(service_id, {**_bound().patch(), "position": one.position}, one)


@pages.post("/services/<service_id>/<any(monter, descendre):move>")
@opened_to("administrator", border=administered)
def services_move(service_id: str, move: str) -> Answer:
    """One place up or down."""
    _find(service_id)
    service.move(service_id, MOVES[move], by=staff().by)
    db.session.commit()
    return see_other(url_for("consoles.services", fait="place", _anchor=f"service-{service_id}"))


@pages.route("/services/<service_id>/retirer", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def services_remove(service_id: str) -> Answer:
    """Says what will happen, then takes the service away."""
    one = _find(service_id)
    if request.method == "GET":
        return show("admin/service_remove", one=one)
    service.remove(service_id, by=staff().by)
    db.session.commit()
    return see_other(url_for("consoles.services", fait="retirer"))


def _later() -> Any:
    yield from service.list_services()


def _find(service_id: str) -> Service:
    found = db.session.get(Service, service_id)
    if found is None:
        abort(404)
    return found


def _save(service_id: str, document: Mapping[str, Any], one: Service | None = None) -> Answer:
    try:
        service.put(service_id, document, by=staff().by, demo=security.settings().server.demo)
    except InvalidService as refusal:
        db.session.rollback()
        return _form(service_id, document, by_field(refusal.problems), one=one and _find(service_id)), 422
    db.session.commit()
    return see_other(url_for("consoles.services_one", service_id=service_id, fait="enregistrer"))


def _bound() -> ServiceForm:
    """What was sent."""
    form = ServiceForm()
    form.client_id.choices = _applications(form.client_id.data)
    return form


def _form(
    service_id: str,
    document: Mapping[str, Any],
    errors: Collection[tuple[str, str, str]] = (),
    *,
    one: Service | None = None,
) -> str:
    form = ServiceForm.showing({**document, "service_id": service_id})
    form.client_id.choices = _applications(form.client_id.data)
    logos = pictures.with_logo([one.client_id]) if one and one.client_id else ()
    return show(
        "admin/service",
        one=one,
        form=form,
        errors=errors,
        states=STATES,
        picture=pictures.address(one.picture, one.client_id, logos) if one else "",
        schools=words_of_schools(one) if one else "",
        academies=ACADEMIES,
        done=request.args.get("fait", ""),
    )


def _applications(chosen: str | None) -> list[tuple[str, str]]:
    """Those that start a login of their own, and the one that is chosen."""
    query = select(Client).where(Client.deleted_at.is_(None)).order_by(Client.client_name)
    able = [c for c in db.session.scalars(query) if c.metadata_.get("initiate_login_uri") or c.client_id == chosen]
    return [("", str(_("Aucune : une adresse"))), *((c.client_id, f"{c.client_name} ({c.client_id})") for c in able)]
