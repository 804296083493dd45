"""Before a dangerous act: the second factor once more."""

from flask import request

from idp import audit
from idp.db import db
from idp.staff import sessions
from idp.staff.borders import no_object
from idp.staff.errors import FactorRefused, MustWait
from idp.staff.models import ROLES
from idp.web import security
from idp.web.consoles.entry import check_factor, factor_page
from idp.web.consoles.frame import pages
from idp.web.consoles.session import COOKIE, Answer, back_to, current, opened_to, see_other


@pages.route("/confirmer", methods=["GET", "POST"])
@opened_to(*ROLES, border=no_object)
def confirm() -> Answer:
    """Asks, then goes back to the page of the act."""
    session, target = current(), back_to(request.args.get("vers", ""))
    if request.method == "GET":
        return factor_page(session, "confirm", target)
    try:
        check_factor(session)
    except (FactorRefused, MustWait) as refusal:
        status = 429 if isinstance(refusal, MustWait) else 422
        return factor_page(session, "confirm", target, refusal), status
    audit.record("staff.confirmed", by=session.staff.by)
    cookie = sessions.confirm(session)
    db.session.commit()
    answer = see_other(target)
    security.set_cookie(answer, COOKIE, cookie)
    return answer
