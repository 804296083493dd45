"""Families: the responsables of the school, searched and exported; one of them with the story of the account."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from idp import audit
from idp.db import db
from idp.flows.school_head import families as service
from idp.flows.school_head import pupils as records
from idp.registry.models import Responsable
from idp.staff import borders
from idp.web import security
from idp.web.consoles import csv_export
from idp.web.consoles.frame import pages, show
from idp.web.consoles.school_head.words import adult_name, mobile, standing_word
from idp.web.consoles.session import Answer, opened_to, staff
from idp.web.consoles.tables import Column, Table

LONGEST_SEARCH = 100


@pages.get("/ecoles/<uai>/familles")
@opened_to("school_head", border=borders.school)
def families(uai: str) -> Answer:
    """The list, as far as it is searched; `export=csv` gives it whole."""
    searched = {name: request.args.get(name, "")[:LONGEST_SEARCH] for name in ("q", "classe", "etat")}
    query = service.query(uai, text=searched["q"], class_label=searched["classe"], state=searched["etat"])
    if request.args.get("export") == "csv":
        return _export(uai, query)
    page = _table({}).page(query, request.args)
    return show(
        "school_head/families",
        uai=uai,
        page=page,
        searched=searched,
        children=service.children_of(uai, [row.Responsable.id for row in page.rows]),
        classes=service.classes(uai),
        standings=service.STANDINGS,
        figures=service.figures(uai),
    )


@pages.get("/ecoles/<uai>/familles/<responsable_id>")
@opened_to("school_head", border=borders.responsable)
def families_one(uai: str, responsable_id: str) -> Answer:
    """One adult: children, account, letters, corrections."""
    adult = db.session.get_one(Responsable, responsable_id)
    account = service.account_of(responsable_id)
    audit.record(
        "staff.family_viewed",
        account_id=account.id if account else None,
        by=staff().by,
        uai=uai,
        responsable_id=responsable_id,
    )
    db.session.commit()
    return show(
        "school_head/family",
        uai=uai,
        adult=adult,
        account=account,
        children=service.children_of(uai, [responsable_id]).get(responsable_id, []),
        letters=service.letters_of(responsable_id),
        corrections=records.corrections_of(uai, responsable_id),
        barred_until=service.barred_until(responsable_id, security.settings()),
        done=request.args.get("fait", ""),
    )


def _table(children: dict[str, list[service.Child]]) -> Table:
    def of(row: Any) -> list[service.Child]:
        return children.get(row.Responsable.id, [])

    states = {state: standing_word(state) for state in service.STANDINGS}
    return Table(
        Responsable.id,
        (
            Column("nom", lambda: _("Responsable"), lambda row: adult_name(row.Responsable), Responsable.family_key),
            Column("enfants", lambda: _("Enfants"), lambda row: ", ".join(child.name for child in of(row))),
            Column(
                "classe",
                lambda: _("Classe"),
                lambda row: ", ".join(dict.fromkeys(child.class_label for child in of(row))),
            ),
            Column("mobile", lambda: _("Mobile"), lambda row: mobile(row.Responsable.mobile)),
            Column("etat", lambda: _("Compte"), lambda row: states[row.standing], service.standing),
        ),
    )


def _export(uai: str, query: Any) -> Response:
    table = _table(service.children_of(uai))
    return csv_export.answer(f"familles-{uai}", table.columns, table.all(query, request.args), uai=uai)
