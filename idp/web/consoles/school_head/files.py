"""The school's own file: sent, looked at, agreed to."""

from typing import Any

from flask import abort, request, url_for

from idp import clock
from idp.db import db
from idp.errors import Refusal
from idp.flows.school_head import files as service
from idp.registry import questions, waiting_files
from idp.registry.errors import FilesRefused, ImportRefused, KeysRenumbered, MassEnding, RecordTaken
from idp.registry.importing import Consent
from idp.registry.models import Import
from idp.staff import borders
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

_SHOWN_APART = (MassEnding, KeysRenumbered, RecordTaken)
CONFIRMS = ("departs", "renumerotation", "renommages")


@pages.route("/ecoles/<uai>/fichier", methods=["GET", "POST"])
@opened_to("school_head", border=borders.school, uploads=True)
def school_file(uai: str) -> Answer:
    """The form; what was sent is compared with the registry, and the differences are shown."""
    if request.method == "GET":
        return _form(uai)
    sent = [upload for upload in request.files.getlist("fichiers") if upload.filename]
    if not 0 < len(sent) <= waiting_files.MOST_FILES:
        return _form(uai, problem="number"), 422
    files = [(str(upload.filename)[:200], upload.read()) for upload in sent]
    if sum(len(content) for _name, content in files) > security.settings().staff.upload_mib * 2**20:
        abort(413)
    waiting = waiting_files.keep(uai, files, by=staff().by)
    waiting_id = waiting.id
    db.session.commit()
    return _rehearse(uai, waiting_id, files)


@pages.post("/ecoles/<uai>/fichier/<waiting_id>/verifier")
@opened_to("school_head", border=borders.waiting_file)
def school_file_rehearse(uai: str, waiting_id: str) -> Answer:
    """The same once more, with what the head agreed to."""
    return _rehearse(uai, waiting_id, _waiting(uai, waiting_id))


@pages.post("/ecoles/<uai>/fichier/<waiting_id>")
@opened_to("school_head", border=borders.waiting_file)
def school_file_import(uai: str, waiting_id: str) -> Answer:
    """The yes."""
    files, agreed = _waiting(uai, waiting_id), _consent(uai)
    if not waiting_files.forget(waiting_id):
        abort(404)
    try:
        alone = service.without_departures(agreed)
        outcome = service.write(uai, files, alone, security.settings(), by=staff().by)
    except (FilesRefused, ImportRefused) as refusal:
        db.session.rollback()
        if agreed.mass_ending and isinstance(refusal, ImportRefused) and (found := service.departures(refusal)):
            return _ask(uai, waiting_id, found, agreed)
        return _refused(uai, waiting_id, refusal)
    db.session.commit()
    asked = len(questions.waiting(uai))
    return show("school_head/file_imported", uai=uai, outcome=outcome, kinds=_kinds(outcome), questions=asked)


def _ask(uai: str, waiting_id: str, found: dict[str, Any], agreed: Consent) -> Answer:
    """Many departures take a second person, an administrator (ATTACKS 122)."""
    if not service.ask(waiting_id, uai, found, agreed, security.settings(), by=staff().by):
        abort(404)
    db.session.commit()
    return see_other(url_for("consoles.school_file", uai=uai))


def _rehearse(uai: str, waiting_id: str, files: list[service.File]) -> Answer:
    try:
        outcome = service.rehearse(uai, files, _consent(uai), security.settings(), by=staff().by)
    except (FilesRefused, ImportRefused) as refusal:
        return _refused(uai, waiting_id, refusal)
    return show(
        "school_head/file_differences",
        uai=uai,
        waiting_id=waiting_id,
        outcome=outcome,
        kinds=_kinds(outcome),
        agreed={name: request.form.get(name, "") for name in CONFIRMS},
    )


def _refused(uai: str, waiting_id: str, refusal: Refusal) -> Answer:
    """What is wrong, and what the head may agree to: many departures, a base with new identifiers."""
    refusals = refusal.refusals if isinstance(refusal, ImportRefused) else []
    page = show(
        "school_head/file_refused",
        uai=uai,
        waiting_id=waiting_id,
        defects=getattr(refusal, "defects", []),
        ending=next((one for one in refusals if isinstance(one, MassEnding)), None),
        renumbered=next((one for one in refusals if isinstance(one, KeysRenumbered)), None),
        taken=any(isinstance(one, RecordTaken) for one in refusals),
        reasons=[getattr(one, "reason", "") for one in refusals if not isinstance(one, _SHOWN_APART)],
        agreed={name: request.form.get(name, "") for name in CONFIRMS},
        typed=request.form.get("confirmation_uai", ""),
    )
    return page, 422


def _consent(uai: str) -> Consent:
    """Departures of many need the school's UAI, typed; other agreements are boxes."""
    typed = request.form.get("departs", "").strip().upper() == uai
    boxes = {name: request.form.get(name) == "1" for name in CONFIRMS}
    return service.consent(uai, mass_ending=typed, renumbered=boxes["renumerotation"], renames=boxes["renommages"])


def _waiting(uai: str, waiting_id: str) -> list[service.File]:
    files = waiting_files.find(waiting_id, uai, by=staff().by)
    if files is None:
        abort(404)
    return files


def _form(uai: str, problem: str = "") -> str:
    made = db.select(Import).where(Import.uai == uai).order_by(Import.at.desc()).limit(10)
    return show(
        "school_head/file",
        uai=uai,
        imports=db.session.scalars(made).all(),
        ends_at=service.ends_at(uai, security.settings()),
        now=clock.now(),
        problem=problem,
        asking=waiting_files.asking(uai),
        most_mib=security.settings().staff.upload_mib,
    )


def _kinds(outcome: service.Outcome) -> list[tuple[str, Any]]:
    plan = outcome.plan
    return [("pupils", plan.pupils), ("responsables", plan.responsables), ("links", plan.links)]
