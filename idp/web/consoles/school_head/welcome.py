"""«Mon école»: what the portal says under the school's name."""

from flask import request, url_for
from flask_babel import gettext as _

from idp.db import db
from idp.registry import service
from idp.registry.errors import WelcomeTooLong
from idp.registry.models import School
from idp.registry.service import LONGEST_WELCOME as LONGEST
from idp.staff import borders
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff


@pages.route("/ecoles/<uai>/accueil", methods=["GET", "POST"])
@opened_to("school_head", border=borders.school)
def welcome(uai: str) -> Answer:
    """The message, as plain text."""
    school = db.session.get_one(School, uai)
    if request.method == "GET":
        return show(
            "school_head/welcome", uai=uai, school=school, typed=school.welcome_message, longest=LONGEST, errors=[]
        )
    typed = request.form.get("message", "")
    try:
        service.welcome(school, typed, by=staff().by)
    except WelcomeTooLong as refusal:
        told = str(
            _(
                "Le message a %(count)s caractères. Il en faut %(longest)s au plus.",
                count=refusal.length,
                longest=LONGEST,
            )
        )
        errors = [("message", "message", told)]
        return show("school_head/welcome", uai=uai, school=school, typed=typed, longest=LONGEST, errors=errors), 422
    db.session.commit()
    return see_other(url_for("consoles.welcome", uai=uai, fait="1"))
