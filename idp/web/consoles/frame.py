"""What the pages of the consoles share: their blueprint, the frame around them, their filters."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, g, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from idp.clock import PARIS
from idp.db import db
from idp.registry.models import School
from idp.staff import borders
from idp.staff.models import StaffAccount
from idp.web.consoles import navigation
from idp.web.consoles.session import ROOT, current, staff

pages = Blueprint("consoles", __name__, url_prefix=ROOT)


def register(app: Flask) -> None:
    """Give the templates what the frame needs."""
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["date"] = date
    app.jinja_env.filters["number"] = format_decimal
    app.jinja_env.globals["role_name"] = role_name
    app.jinja_env.globals["console_scope"] = console_scope
    app.jinja_env.globals["here"] = here


def show(template: str, **values: Any) -> str:
    """A page within the console's frame: `templates/consoles/<template>.html`."""
    return render_template(
        f"consoles/{template}.html", staff=staff(), session=current(), navigation=_navigation(), **values
    )


def show_entry(template: str, **values: Any) -> str:
    """A page before the consoles: `templates/consoles/entry/<template>.html`, without navigation."""
    return render_template(f"consoles/entry/{template}.html", **values)


def school_at_hand() -> School | None:
    """The school that this page's address names, else the first one of a school head."""
    if "school_at_hand" not in g:
        uai = (request.view_args or {}).get("uai") or next(iter(staff().uais), None)
        query = db.select(School).where(School.uai == uai, borders.within(staff(), School.uai))
        g.school_at_hand = db.session.scalar(query) if uai else None
    found: School | None = g.school_at_hand
    return found


def here(**changes: str) -> str:
    """This page's address with what was searched on it; the place in a table is left out unless it is given."""
    kept = {name: value for name, value in request.args.items() if name not in ("apres", "avant", "tri", "export")}
    if "tri" in request.args and "tri" not in changes:
        kept["tri"] = request.args["tri"]
    return f"{request.path}?{urlencode({**kept, **changes}, errors='replace')}"


def role_name(role: str) -> str:
    """What a console is called."""
    names: dict[str, str] = {
        "school_head": _("Gestion de l’école"),
        "support": _("Assistance"),
        "administrator": _("Administration"),
    }
    return names[role]


def console_scope(account: StaffAccount) -> str:
    """How far the person sees, in words."""
    if account.role == "school_head":
        school = school_at_hand()
        return school.name if school else ""
    if account.role == "support":
        return str(_("Académie de %(name)s", name=account.academie))
    return str(_("Toutes les académies"))


def moment(instant: dt.datetime) -> str:
    """«24/11/2026 18:02», the time in France: short and of one width, for tables."""
    return f"{instant.astimezone(PARIS):%d/%m/%Y %H:%M}"


def date(day: dt.date) -> str:
    """«24/11/2026»."""
    local = day.astimezone(PARIS) if isinstance(day, dt.datetime) else day
    return f"{local:%d/%m/%Y}"


def address_of(entry: navigation.Entry, school: School | None) -> str:
    """Where an entry leads, for the school at hand."""
    return url_for(entry.endpoint, uai=school.uai) if entry.of_school and school else url_for(entry.endpoint)


def _navigation() -> list[tuple[str, str, str, bool]]:
    """Address, label, icon and whether it is this page, for each entry of the role."""
    school = school_at_hand()
    here = request.endpoint or ""
    return [
        (
            address_of(entry, school),
            entry.label(),
            entry.icon,
            here == entry.endpoint or here.startswith(f"{entry.endpoint}_"),
        )
        for entry in navigation.of(staff().role)
        if school or not entry.of_school
    ]
