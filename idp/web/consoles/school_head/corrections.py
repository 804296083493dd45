"""Correcting a birth date, a mobile or a name: what parents prove themselves with, so the second factor comes again."""

from flask import request, url_for
from flask_babel import gettext as _

from idp import audit
from idp.db import db
from idp.flows import school_records
from idp.flows.school_head import pupils
from idp.registry.errors import CorrectionInvalid, RecordUnknown
from idp.registry.models import Responsable
from idp.staff import borders
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.school_head.words import mobile
from idp.web.consoles.session import Answer, opened_to, see_other, staff

REASONS = ("saisie", "acte", "changement")
ADULT_FIELDS = ("mobile", "family_name", "usage_name", "first_name")
Errors = list[tuple[str, str, str]]


@pages.route("/ecoles/<uai>/eleves/<pupil_id>/corriger", methods=["GET", "POST"])
@opened_to("school_head", border=borders.pupil, confirmed=True)
def pupils_correct(uai: str, pupil_id: str) -> Answer:
    """The birth date of a pupil."""
    pupil, _enrolment = pupils.get(uai, pupil_id)
    typed = {
        "jour": f"{pupil.birth_on.day:02}",
        "mois": f"{pupil.birth_on.month:02}",
        "annee": str(pupil.birth_on.year),
    }
    errors: Errors = []
    if request.method == "POST":
        typed = {part: request.form.get(part, "")[:10].strip() for part in typed}
        day = "/".join(typed[part] for part in ("jour", "mois", "annee"))
        errors = _correct(uai, pupil_id, {"birth_on": day}, _check_reason())
        if not errors:
            return see_other(url_for("consoles.pupils_one", uai=uai, pupil_id=pupil_id, fait="correction"))
    page = show(
        "school_head/correct_pupil", uai=uai, pupil=pupil, typed=typed, errors=errors, delay=_delay(), reasons=REASONS
    )
    return (page, 422) if errors else page


@pages.route("/ecoles/<uai>/familles/<responsable_id>/corriger", methods=["GET", "POST"])
@opened_to("school_head", border=borders.responsable, confirmed=True)
def families_correct(uai: str, responsable_id: str) -> Answer:
    """The mobile and the names of an adult."""
    adult = db.session.get_one(Responsable, responsable_id)
    before = {name: getattr(adult, name) or "" for name in ADULT_FIELDS} | {"mobile": mobile(adult.mobile)}
    typed, errors = dict(before), Errors()
    if request.method == "POST":
        typed = {name: request.form.get(name, "")[:200].strip() for name in ADULT_FIELDS}
        changed = {name: value for name, value in typed.items() if value != before[name]}
        nothing = [] if changed else [("mobile", "mobile", str(_("Vous n’avez rien changé.")))]
        errors = _correct(uai, responsable_id, changed, [*nothing, *_check_reason()])
        if not errors:
            return see_other(
                url_for("consoles.families_one", uai=uai, responsable_id=responsable_id, fait="correction")
            )
    page = show(
        "school_head/correct_adult",
        uai=uai,
        adult=adult,
        typed=typed,
        errors=errors,
        delay=_delay(),
        wait=security.settings().registry.mobile_wait_hours,
        reasons=REASONS,
    )
    return (page, 422) if errors else page


def _check_reason() -> Errors:
    """A reason is given, and a document was seen."""
    errors = Errors()
    if request.form.get("motif") not in REASONS:
        errors.append(("motif", "motif", str(_("Choisissez un motif."))))
    if request.form.get("vu") != "1":
        errors.append(("vu", "vu", str(_("Cochez la case : il faut avoir vu un document."))))
    return errors


def _correct(uai: str, record_id: str, values: dict[str, str], more: Errors) -> Errors:
    """All of them, or none when one is wrong or there are `more` errors. Commits."""
    errors, who = Errors(), staff()
    for field, text in values.items():
        try:
            made = school_records.correct(record_id, field, text, uai=uai, made_by=who.by, settings=security.settings())
        except CorrectionInvalid:
            target = "jour" if field == "birth_on" else field
            errors.append((target, target, _invalid(field)))
        except RecordUnknown:
            errors.append(("motif", "motif", str(_("Cette personne n’est plus dans l’école."))))
        else:
            reason = request.form.get("motif", "")
            audit.record("staff.corrected", by=who.by, uai=uai, correction_id=made.id, reason=reason)
    if errors or more:
        db.session.rollback()
    else:
        db.session.commit()
    return errors + more


def _invalid(field: str) -> str:
    if field == "birth_on":
        return str(_("Cette date n’est pas celle d’un élève. Écrivez le jour, le mois et l’année."))
    if field == "mobile":
        return str(_("Ce n’est pas un numéro de mobile."))
    return str(_("Ce nom ne convient pas : des lettres, sans chiffre."))


def _delay() -> int:
    return security.settings().registry.correction_delay_hours
