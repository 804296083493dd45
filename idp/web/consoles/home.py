"""Where a login leads: the first page of the role's navigation."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from idp.db import db
from idp.registry.models import School
from idp.staff.borders import no_object, within
from idp.staff.models import ROLES
from idp.web.consoles import navigation
from idp.web.consoles.frame import address_of, pages, school_at_hand, show
from idp.web.consoles.session import Answer, opened_to, see_other, staff


@pages.get("")
@opened_to(*ROLES, border=no_object)
def home() -> Answer:
    """The first page; a head of several schools chooses one."""
    who = staff()
    entry = next(iter(navigation.of(who.role)), None)
    if entry is None:
        return see_other(url_for("consoles.my_session"))
    if entry.of_school and len(who.uais) > 1:
        schools = db.session.scalars(select(School).where(within(who, School.uai)).order_by(School.name))
        return show("schools", schools=schools.all(), endpoint=entry.endpoint, title=_("Mes écoles"))
    return see_other(address_of(entry, school_at_hand()))
