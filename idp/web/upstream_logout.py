"""Logging out upstream, once our own session has ended: a closed list there, and no way back without a session."""

import datetime as dt
from urllib.parse import urlencode

from flask import current_app

from idp import clock
from idp.db import db
from idp.flows import service as flows
from idp.franceconnect.errors import UpstreamRefusal
from idp.franceconnect.logins import UpstreamLogins
from idp.franceconnect.models import UpstreamLogin
from idp.web import security

RECENT = dt.timedelta(minutes=28)
"""FranceConnect's session lives 30 minutes; without it a page is shown there and nobody comes back."""
PART = "upstream_logout"
BACK = "/franceconnect/deconnecte"
"""The one address registered upstream; the target stays on our side, so it serves every relying party."""


def logins() -> UpstreamLogins:
    """The upstreams of this deployment."""
    found: UpstreamLogins = current_app.extensions["idp"].upstreams
    return found


def allow_form_targets() -> None:
    """Let forms of this page end upstream: browsers hold form-action on redirects too."""
    for upstream in logins().upstreams:
        security.allow_form_target(upstream.issuer)


def address(login: UpstreamLogin | None, target: str) -> str:
    """Where the browser must go to end the session upstream and then come to `target`; empty when there is none.

    Ends the transaction before it asks, and writes in the one that follows.
    """
    if login is None or not login.content or clock.now() - login.at > RECENT:
        return ""
    id_token, upstream = login.content["id_token"], logins().find(login.upstream)
    # The metadata may have to be fetched: no transaction is open meanwhile.
    db.session.commit()
    try:
        endpoint = logins().logout_address(upstream.key) if upstream else ""
    except UpstreamRefusal:
        return ""
    if not endpoint:
        return ""
    flow = flows.start(PART, security.browser())
    flows.write_state(flow, PART, {"target": target})
    parameters = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": security.settings().server.issuer + BACK,
        "state": flow.id,
    }
    return endpoint + "?" + urlencode(parameters)
