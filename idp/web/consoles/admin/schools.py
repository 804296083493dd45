"""Schools: all of them, searched and paged; one, with its people, services and files; creating and correcting one."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import abort, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp.db import db
from idp.registry import directory, waiting_files
from idp.registry.academies import ACADEMIES
from idp.registry.directory import Facts
from idp.registry.errors import UaiInvalid
from idp.registry.models import Import, School
from idp.registry.service import check_uai, save_school
from idp.services import service
from idp.services.models import Service
from idp.staff.borders import administered
from idp.staff.models import StaffAccount, StaffSchool
from idp.web.consoles import csv_export, navigation
from idp.web.consoles.frame import date, pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff
from idp.web.consoles.tables import FETCHED, Column, Table

navigation.add("administrator", "schools", lambda: _("Écoles"), "school")

LONGEST = {"nom": 200, "commune": 100}
MOST_IMPORTS = 20


@dataclass(frozen=True)
class Line:
    """A school as the list shows it."""

    School: School
    facts: Facts
    services: tuple[str, ...]
    """Titles of what its families see."""


def _degree(school: School) -> str:
    return str(_("École") if school.degree == 1 else _("Collège ou lycée"))


def _last_file(line: Line) -> str:
    return date(line.facts.imported_at) if line.facts.imported_at else ""


TABLE = Table(
    School.uai,
    (
        Column("nom", lambda: _("Nom"), lambda line: line.School.name, School.name),
        Column("uai", lambda: _("UAI"), lambda line: line.School.uai, School.uai),
        Column("academie", lambda: _("Académie"), lambda line: line.School.academie, School.academie),
        Column("genre", lambda: _("Genre"), lambda line: _degree(line.School)),
        Column("eleves", lambda: _("Élèves"), lambda line: str(line.facts.pupils)),
        Column("responsables", lambda: _("Responsables"), lambda line: str(line.facts.adults)),
        Column("fichier", lambda: _("Fichier"), _last_file),
        Column("services", lambda: _("Services"), lambda line: ", ".join(line.services)),
    ),
)


COMMUNE = Column("commune", lambda: _("Commune"), lambda line: line.School.commune)
"""Under the name on the page, a column of its own in the export."""


@pages.get("/ecoles")
@opened_to("administrator", border=administered)
def schools() -> Answer:
    """The schools that fit what is searched."""
    searched = {name: request.args.get(name, "")[:100].strip() for name in ("q", "academie", "genre")}
    degree = int(searched["genre"]) if searched["genre"] in ("1", "2") else None
    query = directory.search(searched["q"], academie=searched["academie"], degree=degree)
    if request.args.get("export") == "csv":
        return csv_export.answer(
            "ecoles", (*TABLE.columns, COMMUNE), _lines(csv_export.later(TABLE, query, request.args))
        )
    page = TABLE.page(query, request.args)
    lines = {line.School.uai: line for line in _lines(iter(page.rows))}
    return show(
        "admin/schools",
        page=page,
        lines=lines,
        columns=TABLE.columns,
        searched=searched,
        academies=ACADEMIES,
        asking=waiting_files.asking(),
    )


@pages.get("/ecoles/<uai>")
@opened_to("administrator", border=administered)
def schools_one(uai: str) -> Answer:
    """One school: facts, heads, services, files. Nothing about any family."""
    school = _find(uai)
    heads = select(StaffAccount).join(StaffSchool, StaffSchool.staff_id == StaffAccount.id)
    files = select(Import).where(Import.uai == uai).order_by(Import.at.desc(), Import.id.desc()).limit(MOST_IMPORTS)
    return show(
        "admin/school",
        school=school,
        degree=_degree(school),
        facts=directory.facts_of([uai])[uai],
        heads=db.session.scalars(heads.where(StaffSchool.uai == uai).order_by(StaffAccount.login)).all(),
        services=[one for one in _shown() if one.is_for(uai, school.degree)],
        files=db.session.scalars(files).all(),
        asking=waiting_files.asking(uai),
        done=request.args.get("fait", ""),
    )


@pages.route("/ecoles/nouvelle", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def schools_new() -> Answer:
    """A school that no file has named yet."""
    if request.method == "GET":
        return _form({"genre": "1"})
    typed, errors = _typed()
    typed["uai"] = request.form.get("uai", "")[:20].strip().upper()
    try:
        known = db.session.get(School, check_uai(typed["uai"]))
        wrong = str(_("Cette école est déjà connue.")) if known else ""
    except UaiInvalid:
        wrong = str(_("Vérifiez l’UAI : 7 chiffres et une lettre, par exemple 0599901S."))
    if wrong:
        errors.insert(0, ("uai", "uai", wrong))
    return _save(typed, errors)


@pages.route("/ecoles/<uai>/modifier", methods=["GET", "POST"])
@opened_to("administrator", border=administered)
def schools_change(uai: str) -> Answer:
    """What is known of a school beside its files; its name is what parents read."""
    school = _find(uai)
    if request.method == "GET":
        return _form({"nom": school.name, "commune": school.commune, "genre": str(school.degree)}, school=school)
    typed, errors = _typed()
    return _save({**typed, "uai": uai}, errors, school)


def _find(uai: str) -> School:
    found = db.session.get(School, uai)
    if found is None:
        abort(404)
    return found


def _shown() -> list[Service]:
    return [one for one in service.list_services() if one.state == "on"]


def _lines(rows: Iterator[Any]) -> Iterator[Line]:
    """The rows with their facts, asked for a thousand at a time; nothing before the first is taken."""
    shown = _shown()
    while some := list(islice(rows, FETCHED)):
        facts = directory.facts_of([row.School.uai for row in some])
        for row in some:
            titles = (one.title for one in shown if one.is_for(row.School.uai, row.School.degree))
            yield Line(row.School, facts[row.School.uai], tuple(titles))


def _typed() -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """What was sent, and what is wrong in it."""
    typed = {name: " ".join(request.form.get(name, "").split()) for name in ("nom", "commune", "genre")}
    errors = []
    if not typed["nom"]:
        errors.append(("nom", "nom", str(_("Écrivez le nom de l’école."))))
    if not typed["commune"]:
        errors.append(("commune", "commune", str(_("Écrivez la commune."))))
    for name, longest in LONGEST.items():
        if len(typed[name]) > longest or not typed[name].isprintable():
            told = str(_("Il faut %(longest)s caractères au plus, sans signe invisible.", longest=longest))
            errors.append((name, name, told))
    if typed["genre"] not in ("1", "2"):
        errors.append(("genre-1", "genre", str(_("Choisissez dans la liste."))))
    return typed, errors


def _save(typed: dict[str, str], errors: list[tuple[str, str, str]], school: School | None = None) -> Answer:
    if errors:
        return _form(typed, errors, school), 422
    saved = save_school(typed["uai"], typed["nom"], by=staff().by, degree=int(typed["genre"]), commune=typed["commune"])
    db.session.commit()
    return see_other(url_for("consoles.schools_one", uai=saved.uai, fait="enregistrer"))


def _form(typed: dict[str, str], errors: list[tuple[str, str, str]] | None = None, school: School | None = None) -> str:
    return show("admin/school_form", typed=typed, errors=errors or [], school=school, longest=LONGEST)
