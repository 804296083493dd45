"""Pupils: the list, and one of them with responsables and corrections."""

from flask import request
from flask_babel import gettext as _

from idp import audit
from idp.db import db
from idp.flows.school_head import families
from idp.flows.school_head import pupils as service
from idp.registry.models import Enrolment, Pupil
from idp.staff import borders
from idp.web.consoles import csv_export
from idp.web.consoles.frame import date, pages, show
from idp.web.consoles.school_head.families import LONGEST_SEARCH
from idp.web.consoles.school_head.words import pupil_name
from idp.web.consoles.session import Answer, opened_to, staff
from idp.web.consoles.tables import Column, Table

TABLE = Table(
    Pupil.id,
    (
        Column("nom", lambda: _("Élève"), lambda row: pupil_name(row.Pupil), Pupil.family_key),
        Column("classe", lambda: _("Classe"), lambda row: row.Enrolment.class_label, Enrolment.class_label),
        Column("naissance", lambda: _("Date de naissance"), lambda row: date(row.Pupil.birth_on), Pupil.birth_on),
    ),
)


@pages.get("/ecoles/<uai>/eleves")
@opened_to("school_head", border=borders.school)
def pupils(uai: str) -> Answer:
    """The list, as far as it is searched; `export=csv` gives it whole."""
    searched = {name: request.args.get(name, "")[:LONGEST_SEARCH] for name in ("q", "classe")}
    query = service.query(uai, text=searched["q"], class_label=searched["classe"])
    if request.args.get("export") == "csv":
        return csv_export.answer(f"eleves-{uai}", TABLE.columns, TABLE.all(query, request.args), uai=uai)
    return show(
        "school_head/pupils",
        uai=uai,
        page=TABLE.page(query, request.args),
        searched=searched,
        classes=families.classes(uai),
    )


@pages.get("/ecoles/<uai>/eleves/<pupil_id>")
@opened_to("school_head", border=borders.pupil)
def pupils_one(uai: str, pupil_id: str) -> Answer:
    """One pupil."""
    pupil, enrolment = service.get(uai, pupil_id)
    audit.record("staff.pupil_viewed", by=staff().by, uai=uai, pupil_id=pupil_id)
    db.session.commit()
    return show(
        "school_head/pupil",
        uai=uai,
        pupil=pupil,
        enrolment=enrolment,
        adults=service.adults_of(uai, pupil_id),
        corrections=service.corrections_of(uai, pupil_id),
        done=request.args.get("fait", ""),
    )
