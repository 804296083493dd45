"""The second person's yes to a school's file by which many pupils or links would end (ATTACKS 122).

The first is a school head, and no administrator is one: nobody is both.
"""

from flask import abort, request, url_for

from idp import audit
from idp.db import db
from idp.flows.school_head import files as service
from idp.registry import waiting_files
from idp.registry.models import School
from idp.registry.waiting_files import WaitingFiles
from idp.staff.borders import administered
from idp.staff.models import StaffAccount
from idp.web import security
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff


@pages.route("/ecoles/<uai>/departs/<asked_id>", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def schools_departures(uai: str, asked_id: str) -> Answer:
    """How many would end, and in which classes; nothing about any family."""
    asked = _find(uai, asked_id)
    if request.method == "GET":
        return _page(asked)
    if request.form.get("reponse") != "oui":
        waiting_files.forget(asked_id)
        audit.record("school_file.refused", uai=uai, by=staff().by)
        db.session.commit()
        return _back(uai)
    done = service.write_asked(asked, security.settings(), by=staff().by)
    if done is None:
        return _page(asked, changed=True), 422
    if not waiting_files.forget(asked_id):
        db.session.rollback()
        abort(404)
    db.session.commit()
    return _back(uai)


def _find(uai: str, asked_id: str) -> WaitingFiles:
    found = next((one for one in waiting_files.asking(uai) if one.id == asked_id), None)
    if found is None:
        abort(404)
    return found


def _page(asked: WaitingFiles, *, changed: bool = False) -> str:
    school = db.session.get_one(School, asked.uai)
    return show(
        "admin/school_departures",
        asked=asked,
        school=school,
        sender=db.session.get_one(StaffAccount, asked.sent_by.removeprefix("staff:")),
        departures=(asked.asked or {})["departures"],
        changed=changed,
    )


def _back(uai: str) -> Answer:
    return see_other(url_for("consoles.schools_one", uai=uai, fait="fichier"))
