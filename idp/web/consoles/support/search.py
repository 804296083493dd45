"""Search first: one field for identifiant, name, mail address or mobile."""

import time

from flask import request
from flask_babel import gettext as _

from idp import audit
from idp.accounts import search as accounts
from idp.db import db
from idp.staff.borders import no_object, within
from idp.web.consoles import navigation
from idp.web.consoles.frame import pages, show
from idp.web.consoles.session import Answer, opened_to, staff
from idp.web.consoles.support.words import STATES

navigation.add("support", "search", lambda: _("Rechercher un compte"), "search")


@pages.get("/recherche")
@opened_to("support", border=no_object)
def search() -> Answer:
    """What was typed never enters the log; that somebody searched does."""
    typed = request.args.get("q", "")[: accounts.LONGEST]
    results = None
    if typed.strip():
        who = staff()
        begun = time.perf_counter()
        results = accounts.find(typed, lambda column: within(who, column))
        took = int((time.perf_counter() - begun) * 1000)
        audit.record("support.searched", by=who.by, found=len(results.found), milliseconds=took)
        db.session.commit()
    return show("support/search", typed=typed, results=results, states=STATES)
