"""Back from a logout upstream."""

from flask import request, url_for

from idp.db import db
from idp.flows import service as flows
from idp.web import security, upstream_logout
from idp.web.pages.flow import Answer
from idp.web.pages.frame import see_other
from idp.web.pages.franceconnect.frame import pages


@pages.get("/deconnecte")
def logged_out() -> Answer:
    """On to where the logout was going, for the browser that began it; a foreign `state` leads to the login page."""
    flow = flows.find(request.args.get("state", "")[:32], security.browser())
    target = flow.state.get(upstream_logout.PART, {}).get("target", "") if flow is not None else ""
    db.session.rollback()
    return see_other(target or url_for("login.bare"))
