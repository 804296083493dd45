"""Kill switches, and the limits that the settings give."""

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp import switches
from idp.db import db
from idp.staff.borders import administered
from idp.staff.models import StaffAccount
from idp.web import security
from idp.web.consoles import navigation
from idp.web.consoles.admin import words
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff

navigation.add("administrator", "switches_list", lambda: _("Arrêts d’urgence"), "gear")


@pages.get("/arrets")
@opened_to("administrator", border=administered)
def switches_list() -> Answer:
    """What is off, since when, and why; and the limits in force."""
    settings = security.settings()
    limits = (
        ("sms.budget_per_hour", settings.sms.budget_per_hour),
        ("sms.per_number_per_hour", settings.sms.per_number_per_hour),
        ("sms.per_number_per_day", settings.sms.per_number_per_day),
        ("login.failures", settings.login.failures),
        ("login.failures_per_address", settings.login.failures_per_address),
        ("login.failures_in_total", settings.login.failures_in_total),
        ("limits.requests_per_address_per_minute", settings.limits.requests_per_address_per_minute),
    )
    off = switches.list_off()
    ids = [one.by.removeprefix("staff:") for one in off.values()]
    who = {one.by: one.login for one in db.session.scalars(select(StaffAccount).where(StaffAccount.id.in_(ids)))}
    return show("admin/switches", off=off, who=who, words=words.SWITCHES, limits=limits, sms=settings.sms.enabled)


@pages.route("/arrets/<any(sms, dynamic_registration):name>", methods=["GET", "POST"])
@opened_to("administrator", border=administered, confirmed=True)
def switches_turn(name: str) -> Answer:
    """Off with a reason, or on again."""
    is_off = switches.is_off(name)
    if request.method == "GET":
        return show("admin/switch", name=name, words=words.SWITCHES[name], is_off=is_off, wrong=False)
    if request.form.get("vers") == "marche":
        switches.turn_on(name, by=staff().by)
    else:
        reason = request.form.get("raison", "").strip()[:200]
        if not reason:
            return show("admin/switch", name=name, words=words.SWITCHES[name], is_off=is_off, wrong=True), 422
        switches.turn_off(name, reason, by=staff().by)
    db.session.commit()
    return see_other(url_for("consoles.switches_list"))
