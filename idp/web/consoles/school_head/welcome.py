"""«Mon école»: what the portal says under the school's name."""

from flask import request, url_for
from flask_babel import gettext as _

from idp import audit
from idp.db import db
from idp.registry.models import School
from idp.staff import borders
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

LONGEST = 500


@pages.route("/ecoles/<uai>/accueil", methods=["GET", "POST"])
@opened_to("school_head", border=borders.school)
def welcome(uai: str) -> Answer:
    """The message, as plain text."""
    school = db.session.get_one(School, uai)
    if request.method == "GET":
        return show(
            "school_head/welcome", uai=uai, school=school, typed=school.welcome_message, longest=LONGEST, errors=[]
        )
    typed = "".join(
        c for c in request.form.get("message", "").replace("\r\n", "\n") if c.isprintable() or c == "\n"
    ).strip()
    if len(typed) > LONGEST:
        told = str(
            _("Le message a %(count)s caractères. Il en faut %(longest)s au plus.", count=len(typed), longest=LONGEST)
        )
        errors = [("message", "message", told)]
        return show("school_head/welcome", uai=uai, school=school, typed=typed, longest=LONGEST, errors=errors), 422
    school.welcome_message = typed
    audit.record("staff.welcome_changed", by=staff().by, uai=uai)
    db.session.commit()
    return see_other(url_for("consoles.welcome", uai=uai, fait="1"))
